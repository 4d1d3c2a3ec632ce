'use strict'

// Scripts are plain JSON, so that they can be printed and played again. What JSON cannot represent is written as { $: kind, ... }.

const kinds = {
  undefined: () => undefined,
  nan: () => NaN,
  infinity: () => Infinity,
  minusZero: () => -0,
  bigint: () => 10n,
  date: ({ at }) => new Date(at),
  invalidDate: () => new Date(NaN),
  function: () => function named () {},
  functionWithToJSON: () => Object.assign(function named () {}, { toJSON: () => 'written by toJSON' }),
  symbol: () => Symbol('s'),
  regexp: () => /x/g,
  map: () => new Map([[1, 2]]),
  buffer: () => Buffer.from('bytes'),
  big: ({ length, of }) => of.repeat(length),
  loneSurrogate: () => '\ud800',
  toJSON: () => ({ toJSON: () => 'written by toJSON' }),
  throwingToJSON: () => ({ toJSON () { throw new Error('toJSON failed') } }),
  circular: () => {
    const circle = {}
    circle.self = circle
    return circle
  },
  // An object literal would take __proto__ for the prototype; JSON.parse makes it an own key.
  parsed: ({ text }) => JSON.parse(text),
  frozen: ({ value }) => Object.freeze(build(value)),
  instance: ({ value }) => Object.assign(new (class Record { method () {} })(), build(value)),
  inherited: ({ value }) => Object.create(build(value))
}

/** Makes the JavaScript value that a script's value stands for. */
function build (value) {
  if (Array.isArray(value)) return value.map(build)
  if (value === null || typeof value !== 'object') return value
  if (typeof value.$ === 'string') return kinds[value.$](value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, build(inner)]))
}

const texts = ['', 'a', 'é', '日本', '😀', 'x"y\\z', '\u2028', 'a;b=c', 'null', '\u0000', '\x7f']
const numbers = [0, 1, -1, 1.5, 1e21, 2 ** 53, 1700000000000, 1e-7]
const oddities = [
  { $: 'undefined' }, { $: 'undefined' }, { $: 'nan' }, { $: 'infinity' }, { $: 'minusZero' }, { $: 'date', at: 86400000 },
  { $: 'date', at: 1e12 }, { $: 'invalidDate' }, { $: 'function' }, { $: 'functionWithToJSON' }, { $: 'symbol' }, { $: 'regexp' }, { $: 'map' },
  { $: 'buffer' }, { $: 'loneSurrogate' }, { $: 'toJSON' }
]
const failing = [{ $: 'bigint' }, { $: 'circular' }, { $: 'throwingToJSON' }]
const big = [{ $: 'big', length: 1000, of: 'a' }, { $: 'big', length: 500, of: '日' }, { $: 'big', length: 6000, of: 'b' }]

const deepest = 4

// What apps and packages keep in a session.
const usual = [
  { user: '5f0c6f2a9c1d4b0017e3a2b1' },
  { info: ['Welcome back'], error: [] },
  { items: [{ sku: 'A-1', qty: 1, price: 9.95, options: { size: 'M', gift: false } }, { sku: 'B-2', qty: 2, price: 0.5, options: {} }] },
  { sub: 'ann', roles: ['admin', 'editor'], address: { street: null, zip: ['1', '2'] } },
  [[1, [2, [3, [4]]]], { a: { b: { c: { d: [] } } } }],
  { $: 'parsed', text: '{"__proto__":{"isAdmin":true},"a":[{"__proto__":1,"b":2}]}' },
  { _expire: 1, _maxAge: 2, isNew: true, length: 3, toJSON: 4, constructor: { prototype: {} } }
]

/** Draws a value for a session key, or for one inside of another value. */
function draw (random, depth = 0) {
  const inner = () => draw(random, depth + 1)
  const isDeep = depth >= deepest
  switch (random.weighted({
    text: 5, number: 5, plain: 3, odd: depth === 0 ? 3 : 1, list: isDeep ? 0 : 3, object: isDeep ? 0 : 4, usual: isDeep ? 0 : 1.5, big: 0.3 / (depth + 1), failing: 0.1
  })) {
    case 'text': return random.pick(texts)
    case 'number': return random.pick(numbers)
    case 'plain': return random.pick([true, false, null])
    case 'odd': return random.pick(oddities)
    case 'list': return random.times(random.below(4), inner)
    case 'object': return Object.fromEntries(random.times(random.below(4), () => [drawInnerKey(random), inner()]))
    case 'usual': return random.pick(usual)
    case 'big': return random.pick(big)
    case 'failing': return random.pick(failing)
  }
}

const names = ['user', 'views', 'a', 'b', 'c', '0', '10', 'é', '日本', 'with space', 'x.y', 'Views']
const odd = [
  '', '_private', '_', '_sessCtx', '_ctx', '_externalKey', '_expire', '_maxAge', '_session', 'toString',
  'hasOwnProperty', 'save', 'commit', 'regenerate', 'manuallyCommit', 'length', 'populated', 'isNew', 'maxAge', 'externalKey', 'then', '__proto__'
]

/** Draws a key of the session: mostly ordinary, at times one that means something to the session object itself. */
function drawKey (random) {
  return random.chance(0.93) ? random.pick(names) : random.pick(odd)
}

const oddInside = ['', '_private', '_expire', '_maxAge', 'length', 'isNew', 'maxAge', 'toString', 'constructor', '01', '4294967295']

/** Draws a key of an object in the session. */
function drawInnerKey (random) {
  return random.chance(0.9) ? random.pick(names) : random.pick(oddInside)
}

/** Draws an object for `ctx.session = ...`. */
function drawObject (random) {
  const entries = random.times(random.below(4), () => [drawKey(random), draw(random)])
  const plain = Object.fromEntries(entries)
  switch (random.weighted({ plain: 8, maxAge: 2, frozen: 1, instance: 1, inherited: 1, list: 0.5 })) {
    case 'maxAge': return { ...plain, maxAge: drawMaxAge(random) }
    case 'frozen': return { $: 'frozen', value: plain }
    case 'instance': return { $: 'instance', value: plain }
    case 'inherited': return { $: 'inherited', value: plain }
    case 'list': return random.times(2, () => draw(random))
    default: return plain
  }
}

/** Parts of a millisecond, as a maxAge may have them. */
const fractions = [0.4, 0.5, 1.5, 999.9, 1500.5, 60000.25, 86400000.75, -0.5, -1500.5, 1e-7]

/** Draws what `session.maxAge` or `sessionOptions.maxAge` is set to. */
function drawMaxAge (random) {
  switch (random.weighted({ number: 6, fraction: 1, other: 3 })) {
    case 'number': return random.pick([1, 999, 1000, 60000, 3600000, 86400000, 31536000000])
    case 'fraction': return random.pick(fractions)
    case 'other': return random.pick(['session', 'session', 0, -1000, null, { $: 'undefined' }, { $: 'nan' }, '1000', true])
  }
}

module.exports = { build, draw, drawInnerKey, drawKey, fractions, names, drawObject, drawMaxAge }
