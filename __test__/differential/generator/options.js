'use strict'

const hookNames = require('../hooks').names
const cookiesNames = require('../context-cookies').names
const { fractions } = require('../values')

const secrets = ['first secret', 'second', 'third one', 'é日本', 'x'.repeat(200)]

/** Draws `app.keys`. */
function drawKeys (random) {
  const values = random.pick([[0], [0], [0, 1], [1, 0], [0, 1, 2], [2, 0], [3], [4, 3], [1]]).map(index => secrets[index])
  const as = random.weighted({ strings: 12, buffers: 2, bytes: 0.5, mixed: 1, keygrip: 3, none: 0.4 })
  if (as === 'none') return { as, values: [] }
  if (as !== 'keygrip') return { as, values }
  const algorithm = random.pick(['sha1', 'sha256', 'sha512'])
  return { as, values, algorithm, encoding: random.pick(['base64', 'base64', 'hex']) }
}

const maxAges = [1000, 60000, 60000, 86400000, 86400000, 3600000, 31536000000, 'session', 'session', 0, -1000, 1]

// [share of scripts, draw a value]
const draws = {
  key: [0.35, random => random.pick(['sid', 'a', 'k$y+', 'weird.*', '__Host-s', 'k[1]', 'koa.sess.sig', 'koa:sess', 'k=1', 'ключ', '"q"', 'a b'])],
  maxAge: [0.6, random => random.pick([...maxAges, ...maxAges, ...fractions])],
  rolling: [0.2, random => random.chance(0.8)],
  renew: [0.2, random => random.chance(0.8)],
  signed: [0.25, random => random.chance(0.2)],
  overwrite: [0.15, random => random.chance(0.3)],
  httpOnly: [0.15, random => random.chance(0.3)],
  autoCommit: [0.12, random => random.chance(0.15)],
  secure: [0.12, random => random.chance(0.6)],
  sameSite: [0.15, random => random.pick(['lax', 'Strict', 'NONE', 'none', 'foo', ''])],
  domain: [0.1, random => random.pick(['example.com', '.example.com', 'a;b', ''])],
  path: [0.1, random => random.pick(['/app', '', '/a;b', '/a b'])],
  priority: [0.08, random => random.pick(['low', 'HIGH', 'urgent'])],
  partitioned: [0.08, random => random.chance(0.7)],
  expires: [0.06, () => ({ $: 'date', at: 1800000000000 })],
  secureProxy: [0.03, random => random.chance(0.7)],
  encrypt: [0.05, () => true],
  prefix: [0.08, random => random.pick(['app:', 'é', ''])]
}

function drawPlainOptions (random) {
  const options = {}
  for (const [name, [share, draw]] of Object.entries(draws)) {
    if (random.chance(share)) options[name] = draw(random)
  }
  if ('maxAge' in options && random.chance(0.1)) {
    options.maxage = options.maxAge
    delete options.maxAge
  }
  return options
}

// Mostly a hook with which sessions work, and sometimes any other one, which may break them.
function drawHook (random, share, usual, names) {
  if (!random.chance(share)) return undefined
  return random.chance(0.6) ? random.pick(usual) : random.pick(names)
}

// Makes a few hooks asynchronous. (Without a store, an asynchronous `valid` would run before the app.)
function drawLater (random, hooks, store) {
  if (!random.chance(0.06)) return
  for (const name of ['valid', 'beforeSave', 'externalKey']) {
    // An unhandled rejection of a failing one would end the process.
    if (hooks[name] && hooks[name] !== 'failing' && (store?.as === 'ContextStore' || name !== 'valid')) hooks[name] += 'Later'
  }
}

function drawHooks (random, store, cookies) {
  const stored = Boolean(store)
  const hooks = {
    codec: drawHook(random, stored ? 0.1 : 0.4, ['hex', 'hex', 'uri', 'base64', 'decodeFails'], hookNames.codec),
    valid: drawHook(random, 0.25, ['always', 'byUser'], hookNames.valid),
    beforeSave: drawHook(random, 0.2, ['nothing', 'stamp'], hookNames.beforeSave)
  }
  // Sometimes the default, whose ids are random. Their signatures can only be masked if they are by app.keys.
  hooks.genid = random.chance(stored ? 0.85 : 0.2) || (stored && cookies !== 'stock') ? drawHook(random, 1, ['counter', 'counter', 'counter', 'counter', 'counter', 'fixed'], [...hookNames.genid, 'counter']) : undefined
  hooks.externalKey = drawHook(random, stored ? 0.25 : 0.05, ['header', 'header', 'query'], hookNames.externalKey)
  drawLater(random, hooks, store)
  return Object.fromEntries(Object.entries(hooks).filter(([, name]) => name))
}

// Records that koa-session has not written.
const oddRecords = [
  '{"user":"b","_session":true}', '{"user":"b"}', '{}', '[]', '"text"', '5', 'true', '{"_expire":1}', '{"user":"b","_expire":"1"}', '{"maxAge":5000}',
  '{"__proto__":{"isAdmin":true},"user":"b"}', '{"save":1,"user":"b"}', '{"isNew":true,"length":3}', '{"toJSON":1}', '{"_private":1}', '{"_maxAge":null}'
]

// Members of a record that are objects or lists.
const nestedMembers = [
  '', '"a":{"b":[{"n":1},[2,{"c":{}}]],"10":{"2":1,"1":2}},', '"passport":{"user":"a"},"b":[[],{},{"n":{"__proto__":{"isAdmin":true}}}],',
  '"views":{"a":{"a":{"a":{"a":{"n":1}}}}},"c":[1,-0,null,"x"],'
]

function drawStore (random) {
  const records = {}
  if (random.chance(0.5)) {
    records['rec-1'] = { $: 'parsed', text: `{"user":"a","n":1,${random.pick(nestedMembers)}"_expire":${1700000000000 + random.pick([-1, 0, 1, 100000, 90000000])},"_maxAge":${random.pick([1000, 86400000, 86400000, 1500.5])}}` }
    records['rec-2'] = { $: 'parsed', text: random.pick(oddRecords) }
  }
  return {
    // `later` is a store that the options get after the start.
    as: random.weighted({ store: 12, ContextStore: 4, later: 1 }),
    keep: random.weighted({ text: 6, reference: 2, frozen: 2, instance: 1, inherited: 0.5, bare: 0.5 }),
    timing: random.weighted({ sync: 3, micro: 3, turn: 3, thenable: 1 }),
    missing: random.pick([{ $: 'undefined' }, { $: 'undefined' }, null, null, false, '', 0]),
    faults: random.chance(0.08) ? [{ operation: random.pick(['get', 'set', 'destroy']), each: 1 + random.below(3) }] : [],
    records
  }
}

/** Draws the parts of a script that are fixed before its first request. */
function drawOptions (random) {
  const store = random.chance(0.5) ? drawStore(random) : undefined
  const script = {
    app: { keys: drawKeys(random), proxy: random.chance(0.3), cookies: random.chance(0.85) ? 'stock' : random.pick(cookiesNames) },
    form: random.weighted({ 'options first': 8, 'app first': 2, 'app alone': 1 }),
    options: {},
    hooks: {}
  }
  if (script.form === 'app alone') return script
  if (store) script.store = store
  script.options = drawPlainOptions(random)
  script.hooks = drawHooks(random, store, script.app.cookies)
  if (random.chance(0.04)) script.second = random.pick([{}, { maxAge: 5000 }, { key: 'second' }])
  if (random.chance(0.05)) script.watchOptions = true
  if (random.chance(0.05)) script.frozenOptions = true
  if (random.chance(0.06)) Object.assign(script.options, drawUnset(random, script.options))
  return script
}

// Options with null or undefined, which mean the default.
function drawUnset (random, options) {
  const free = ['key', 'maxAge', 'rolling', 'renew', 'signed', 'secure', 'sameSite', 'encode', 'decode', 'genid', 'prefix', 'store', 'valid', 'overwrite', 'autoCommit', 'domain', 'expires']
    .filter(name => !(name in options) && !(name === 'maxAge' && 'maxage' in options))
  const name = random.pick(free)
  if (name === 'sameSite' && random.chance(0.7)) return { sameSite: random.chance(0.6) }
  return { [name]: random.chance(0.5) ? null : { $: 'undefined' } }
}

module.exports = { drawOptions, drawKeys }
