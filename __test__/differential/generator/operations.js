'use strict'

const { draw, drawInnerKey, drawKey, drawMaxAge, drawObject, names } = require('../values')

const reads = ['isNew', 'length', 'populated', 'maxAge', 'externalKey', '_expire', '_requireSave']
const optionChanges = {
  domain: ['example.org', { $: 'undefined' }],
  path: ['/here', '/'],
  secure: [true, false],
  rolling: [true, false],
  renew: [true],
  httpOnly: [false],
  sameSite: ['lax', 'none', { $: 'undefined' }],
  signed: [false, true],
  overwrite: [false],
  partitioned: [true],
  expires: [{ $: 'date', at: 1900000000000 }],
  key: ['other'],
  autoCommit: [false]
}
// Objects that apps copy from the client into the session.
const injecting = ['{"__proto__":{"isAdmin":true}}', '{"__proto__":{"isAdmin":true,"isNew":true},"user":"a"}', '{"__proto__":null,"a":1}', '{"a":{"__proto__":{"isAdmin":true}}}']
  .map(text => ({ $: 'parsed', text }))
const otherCookies = ['theme', 'lang', 'koa.sessx', 'xkoa.sess']

// An operation's weight, and its arguments. Those that read and write plain keys have the highest weights.
const draws = {
  get: [10, random => [random.chance(0.03) ? 'isAdmin' : drawKey(random)]],
  set: [22, random => [drawKey(random), draw(random)]],
  count: [8, random => [random.pick(['views', 'n'])]],
  delete: [4, random => [random.pick([...names, ...names, '_private', 'save', ''])]],
  inside: [14, random => [random.below(9), ...drawInside(random)]],
  alias: [2, random => [random.below(9), drawInnerKey(random), random.chance(0.5) ? null : random.below(9)]],
  nested: [5, random => [drawPlainKey(random), drawKey(random), draw(random)]],
  rewrite: [1, random => [drawKey(random)]],
  again: [1, random => [random.pick(names)]],
  define: [0.3, random => [random.pick(names)]],
  has: [1, random => [drawKey(random)]],
  own: [1, random => [random.pick(names)]],
  assign: [6, random => [drawAssigned(random)]],
  mingle: [2, random => [random.chance(0.3) ? random.pick(injecting) : drawObject(random)]],
  assignSelf: [0.5, () => []],
  assignCopy: [0.7, () => []],
  held: [0.5, random => [drawKey(random), random.pick([null, {}, { a: 1 }])]],
  setMaxAge: [4, random => [drawMaxAge(random)]],
  requireSave: [1.5, random => [random.pick([true, false])]],
  read: [10, random => [random.pick(reads)]],
  toJSON: [2, () => []],
  text: [2, () => []],
  inspect: [2, () => []],
  spread: [1, () => []],
  same: [0.5, () => []],
  save: [4, () => []],
  saveCallback: [2, () => []],
  saveLoosely: [1.5, () => []],
  regenerate: [3, () => []],
  regenerateCallback: [2, () => []],
  login: [1.5, random => [random.pick(['ann', 'bob'])]],
  manuallyCommit: [2, () => []],
  commit: [1, random => [random.pick([{ $: 'undefined' }, {}, { save: true }, { regenerate: true }, { save: true, regenerate: true }])]],
  commitCallback: [1, random => [random.pick([null, {}, { save: true }])]],
  sessionOptions: [3, random => drawOptionChange(random)],
  readOption: [1.5, random => [random.pick(['maxAge', 'key', 'rolling', 'domain', 'signed', 'overwrite'])]],
  sameOptions: [0.3, () => []],
  getCookie: [2, (random, key) => [random.pick([...otherCookies, key, `${key}.sig`]), random.pick([null, { signed: false }, { signed: true }])]],
  setCookie: [2.5, (random, key) => [random.pick([...otherCookies, ...otherCookies, key]), random.pick(['1', 'dark', '']), random.pick([null, { signed: false }, { overwrite: true }, { signed: true, path: '/x' }])]],
  setHeader: [1.5, (random, key) => ['Set-Cookie', random.pick(['raw=1; path=/', ['one=1', 'two=2; HttpOnly'], `${key}=raw`, [`${key}=a`, `${key}.sig=b`, 'rest=c'], [], ''])]],
  removeHeader: [0.3, () => ['Set-Cookie']],
  readHeader: [1, () => ['Set-Cookie']],
  secureCookies: [0.7, random => [random.pick([true, true, false])]],
  ofRequest: [0.7, random => [random.pick(names)]],
  advance: [3, random => [random.pick([1, 1000, 60000, 86400000])]],
  turn: [2, () => []]
}
const weights = Object.fromEntries(Object.entries(draws).map(([name, [weight]]) => [name, weight]))

// Changes inside of the data, with their weights and arguments.
const insides = {
  set: [6, random => [random.below(4), drawInnerKey(random), draw(random, 2)]],
  replace: [4, random => [random.below(5), draw(random, 2)]],
  delete: [3, random => [random.below(5)]],
  count: [3, random => [random.below(3)]],
  push: [3, random => random.times(1 + random.below(2), () => draw(random, 2))],
  unshift: [1, random => [draw(random, 2)]],
  pop: [1, () => []],
  shift: [1, () => []],
  splice: [2, random => [random.below(3), ...random.times(random.below(3), () => draw(random, 3))]],
  reverse: [1, () => []],
  length: [1, random => [random.below(4)]],
  extra: [0.5, () => []],
  rewrite: [2, random => [random.below(5)]],
  copy: [2, () => []],
  same: [1, () => []],
  undo: [1, random => [random.below(5), drawInnerKey(random)]],
  freeze: [0.3, () => []]
}
const insideWeights = Object.fromEntries(Object.entries(insides).map(([name, [weight]]) => [name, weight]))

function drawInside (random) {
  const name = random.weighted(insideWeights)
  return [name, ...insides[name][1](random)]
}

// A write to koa-session's prototype would affect all later scripts.
function drawPlainKey (random) {
  const key = drawKey(random)
  return key === '__proto__' ? drawPlainKey(random) : key
}

function drawAssigned (random) {
  switch (random.weighted({ none: 4, object: 6, empty: 1, wrong: 0.8 })) {
    case 'none': return null
    case 'object': return drawObject(random)
    case 'empty': return {}
    case 'wrong': return random.pick(['x', 1, true, '', { $: 'undefined' }, { $: 'function' }, { $: 'symbol' }])
  }
}

function drawOptionChange (random) {
  if (random.chance(0.3)) return ['maxAge', drawMaxAge(random)]
  const name = random.pick(Object.keys(optionChanges))
  return [name, random.pick(optionChanges[name])]
}

/** Draws operations as `[name, ...arguments]`. */
function drawOperations (random, script, count) {
  const key = typeof script.options.key === 'string' ? script.options.key : 'koa.sess'
  return random.times(count, () => {
    const name = random.weighted(weights)
    return [name, ...draws[name][1](random, key)]
  })
}

module.exports = { drawOperations }
