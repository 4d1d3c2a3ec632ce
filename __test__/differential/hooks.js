'use strict'

const { portray } = require('./portray')

const base64 = {
  encode: value => Buffer.from(JSON.stringify(value)).toString('base64'),
  decode: text => JSON.parse(Buffer.from(text, 'base64').toString())
}

// Pairs of the options encode and decode. If one is missing, its default applies.
const codecs = {
  base64,
  hex: {
    encode: value => Buffer.from(JSON.stringify(value)).toString('hex'),
    decode: text => JSON.parse(Buffer.from(text, 'hex').toString())
  },
  uri: { encode: value => encodeURIComponent(JSON.stringify(value)), decode: text => JSON.parse(decodeURIComponent(text)) },
  // Has characters that a cookie must not contain.
  plain: { encode: value => JSON.stringify(value), decode: text => JSON.parse(text) },
  empty: { encode: () => '', decode: text => ({ text }) },
  encodeOnly: { encode: base64.encode },
  decodeOnly: { decode: base64.decode },
  encodeFails: { ...base64, encode () { throw new Error('encode failed') } },
  decodeFails: { ...base64, decode () { throw new RangeError('decode failed') } },
  decodeFailsWithHeaders: { ...base64, decode () { throw Object.assign(new Error('decode failed'), { status: 418, headers: { 'x-from': 'decode' } }) } },
  decodeThrowsSyntaxError: { ...base64, decode () { throw new SyntaxError('not mine') } },
  decodeThrowsText: { ...base64, decode () { throw 'text' } }, // eslint-disable-line no-throw-literal
  decodeGivesNull: { ...base64, decode: () => null },
  decodeGivesText: { ...base64, decode: () => 'text' },
  decodeGivesList: { ...base64, decode: () => ['x', 'y'] },
  decodeGivesInstance: { ...base64, decode: text => Object.assign(new (class Decoded {})(), base64.decode(text)) },
  decodeGivesFrozen: { ...base64, decode: text => Object.freeze(base64.decode(text)) }
}

const valids = {
  always: () => true,
  never: () => false,
  truthy: () => 'yes',
  zero: () => 0,
  byUser: (ctx, value) => value.user !== 'a',
  changing: (ctx, value) => {
    value.seen = true
    return true
  },
  failing: () => { throw new Error('valid failed') }
}

const beforeSaves = {
  nothing: () => {},
  stamp: (ctx, session) => { session.stamp = Date.now() },
  maxAge: (ctx, session) => { session.maxAge = 5000 },
  remove: (ctx, session) => { delete session.user },
  failing: () => { throw new Error('beforeSave failed') }
}

const genids = {
  counter: (ctx, count) => `id-${count}`,
  fixed: () => 'fixed',
  // Characters that a cookie may contain, but that careless parsers interpret.
  odd: (ctx, count) => `"=, ${count}=é\\`,
  number: (ctx, count) => count,
  empty: () => '',
  undefined: () => undefined,
  invalid: () => 'a;b',
  path: ctx => `at ${ctx.path}`,
  failing: () => { throw new Error('genid failed') }
}

const setHeader = (ctx, id) => { ctx.set('x-session-id', id) }

const externalKeys = {
  header: { get: ctx => ctx.get('x-session-id'), set: setHeader },
  query: { get: ctx => ctx.query.sid, set: setHeader },
  ownCookie: { get: ctx => ctx.cookies.get('ext', { signed: false }), set: (ctx, id) => { ctx.cookies.set('ext', id, { signed: false }) } },
  failing: { get: () => { throw new Error('externalKey failed') }, set () {} },
  failingSet: { get: ctx => ctx.get('x-session-id'), set () { throw new Error('externalKey.set failed') } }
}

/** Wraps a hook, and logs each call with its arguments and result. */
function noted (world, name, run, isLater) {
  if (isLater) return async (...args) => noted(world, name, run)(...args)
  return (...args) => {
    world.log(`${name}/${args.length} ${args.map(arg => world.isOurs(arg) ? 'ctx' : portray(arg)).join(' ')}`)
    const result = run(...args)
    if (result !== undefined) world.log(`${name} gave ${portray(result)}`)
    return result
  }
}

/** Returns a hook by its name, and whether it returns a promise. */
function find (hooks, name) {
  return [hooks[name.replace(/Later$/, '')], name.endsWith('Later')]
}

/** Makes the options that are functions, by their names in the script. */
function hooks (named, world) {
  const options = {}
  for (const [half, run] of Object.entries(codecs[named.codec] ?? {})) options[half] = noted(world, half, run)
  if (named.valid) options.valid = noted(world, 'valid', ...find(valids, named.valid))
  if (named.beforeSave) options.beforeSave = noted(world, 'beforeSave', ...find(beforeSaves, named.beforeSave))
  if (named.genid) {
    const [genid, isLater] = find(genids, named.genid)
    options.genid = noted(world, 'genid', ctx => genid(ctx, ++world.ids), isLater)
  }
  if (named.externalKey) {
    const [{ get, set }, isLater] = find(externalKeys, named.externalKey)
    options.externalKey = { get: noted(world, 'externalKey.get', get, isLater), set: noted(world, 'externalKey.set', set) }
  }
  return options
}

const names = {
  codec: Object.keys(codecs),
  valid: Object.keys(valids),
  beforeSave: Object.keys(beforeSaves),
  genid: Object.keys(genids),
  externalKey: Object.keys(externalKeys)
}

module.exports = { hooks, names }
