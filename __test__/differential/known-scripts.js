'use strict'

const { request, script } = require('./by-hand')

/** Writes a request that sends a signed cookie with this session text. */
function holding (payload, ...operations) {
  const plain = request(...operations)
  return { ...plain, cookies: { ...plain.cookies, from: 'crafted', payload, wrap: 'base64', signed: 'first' } }
}

function holdingId (id, ...operations) {
  const plain = holding(id, ...operations)
  return { ...plain, cookies: { ...plain.cookies, wrap: 'raw' } }
}

function signedLast (plain) {
  return { ...plain, cookies: { ...plain.cookies, signed: 'last' } }
}

/** Writes a script whose store is described. */
function stored ({ store, hooks, ...given }) {
  return { ...script(given), store, hooks }
}

const circle = { $: 'circular' }
const foreign = { keys: { as: 'strings', values: ['secret'] }, proxy: false, cookies: 'foreign' }
const boundaries = [-1, 0, 1].map(offset => offset < 0 ? String(offset) : `+${offset}`)

// Scripts for cases that random ones rarely contain, by the case. They must only show allowed differences.
module.exports = {
  'a private key has a value that JSON cannot represent': script({ requests: [request(['set', '_x', circle]), request(['set', '_x', circle], ['set', 'a', 1])] }),
  'a private key has a value that JSON cannot represent, with a store': script({ store: true, requests: [request(['set', '_x', { $: 'bigint' }], ['set', 'a', 1]), request(['set', '_x', circle])] }),
  'a key has a value that JSON cannot represent': script({ hooks: { beforeSave: 'nothing' }, requests: [request(['set', 'x', circle])] }),
  'a key has a value that JSON cannot represent, with the option encode': script({ hooks: { codec: 'hex' }, requests: [request(['set', 'x', { $: 'bigint' }])] }),
  'a key has a value that JSON cannot represent, with a store': script({ store: true, requests: [request(['set', 'x', { $: 'bigint' }]), request(['assign', { x: circle }])] }),
  'maxAge is not a number': script({ requests: [request(['setMaxAge', { $: 'nan' }]), request(['assign', { maxAge: { $: 'nan' } }])] }),
  'decode throws, and a framework has replaced ctx.cookies': script({ app: foreign, hooks: { codec: 'decodeFails' }, requests: [holding('{}', ['get', 'a'])] }),
  'the option key changes during a save': script({ store: true, requests: [request(['saveLoosely'], ['sessionOptions', 'key', 'other'])] }),
  'the app goes on while a record is written': stored({
    store: { as: 'store', keep: 'text', timing: 'turn', missing: null, faults: [], records: {} },
    hooks: { genid: 'counter' },
    requests: [
      request(['set', 'a', 1], ['saveLoosely'], ['setMaxAge', 5000], ['turn']),
      request(['set', 'b', 1], ['saveLoosely'], ['assign', null], ['assign', { c: 1 }])
    ]
  }),
  'a session is removed, made anew and removed': script({
    store: true,
    requests: [request(['set', 'a', 1]), request(['assign', null], ['assign', { b: 1 }], ['assign', null])]
  }),
  'genid fails for a session that replaces another one': stored({
    store: { as: 'store', keep: 'text', timing: 'sync', missing: null, faults: [], records: { 'rec-1': { a: 1 } } },
    hooks: { genid: 'failing' },
    requests: [holdingId('rec-1', ['assign', null], ['assign', {}])]
  }),
  'envelopes have invalid times': script({
    requests: ['"_expire":"@NOW+5@"', '"_maxAge":"60000"', '"_expire":{},"_maxAge":[1]'].map(envelope => ({
      ...signedLast(holding(`{"a":1,${envelope}}`, ['get', 'a'], ['set', 'b', 1])),
      rotate: { as: 'strings', values: ['newer', 'secret'] }
    }))
  }),
  'a browser session is saved again': script({ options: { maxAge: 'session' }, requests: [request(['count', 'n'], ['save'], ['count', 'n'])] }),
  'expired by a millisecond': script({ requests: boundaries.map(at => holding(`{"a":1,"_expire":@NOW${at}@,"_maxAge":1000}`, ['get', 'a'])) }),
  'half of maxAge left': script({
    options: { renew: true, maxAge: 1000 },
    requests: [499, 500, 501].map(left => holding(`{"a":1,"_expire":@NOW+${left}@,"_maxAge":1000}`, ['get', 'a']))
  }),
  'half of maxAge left in a store': script({
    store: true,
    options: { renew: true, maxAge: 1000 },
    requests: [request(['count', 'n']), ...[499, 1, 1].map(advance => ({ ...request(), advance }))]
  }),
  'a cookie was signed by the second key': script({
    options: { maxAge: 1000, domain: 'example.com', sameSite: 'lax' },
    requests: [request(['set', 'a', 1]), { ...request(['get', 'a']), rotate: { as: 'strings', values: ['newer', 'secret'] } }]
  }),
  'an untouched session in foreign JSON is not saved': script({
    requests: ['{"b":1,"10":2}', '{"a":1e3}', '{"a":"\\u0041"}', '{"a":12345678901234567890}', '{"a":{"z":1,"1":2}}', '{ "a": 1 }', '{"a":1,"a":2}', '{"a":-0}']
      .map(text => holding(text.replace(/ ?}$/, ',"_expire":@NOW+60000@,"_maxAge":60000}'), ['text']))
  }),
  'ids from outside': script({ store: true, requests: ['../../etc/passwd', '__proto__', 'constructor', '"id-1"', ' ', 'x'.repeat(5000)].map(id => holdingId(id, ['count', 'n'])) })
}
