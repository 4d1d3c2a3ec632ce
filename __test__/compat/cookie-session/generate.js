'use strict'

const Random = require('../../differential/random')

/** The start of the frozen clock. */
const START_MS = 1700000000000

const SECRETS = ['first secret', 'second', 'é日本', 'x'.repeat(200)]

/** Draws the keys: their places in SECRETS, and as what the app gives them. */
function drawKeys (random) {
  const places = random.pick([[0], [0], [0, 1], [1, 0], [1, 0, 2], [3], [2, 3]])
  const as = random.weighted({ strings: 8, buffers: 1, secret: 1, keygrip: 2, none: 0.5 })
  return { as, places: as === 'secret' ? places.slice(0, 1) : places, algorithm: random.pick(['sha1', 'sha256', 'sha512']), encoding: random.pick(['base64', 'hex']) }
}

const MAX_AGES = [1000, 60000, 86400000, 31536000000, 1, 0, -1000, 1500.5, 1e15, -1e15, 1e300, NaN, Infinity, null, 'session']

/** The share of scripts that have an option, and how its value is drawn. */
const OPTIONS = {
  name: [0.3, (random) => random.pick(['sid', 'a', '__Host-s', 'k$y+', 'weird.*', 'session.sig', 'a b'])],
  maxAge: [0.5, (random) => random.pick(MAX_AGES)],
  expires: [0.1, (random) => ({ date: random.pick([1800000000000, 1600000000000, 0, -1000, 1e15]) })],
  signed: [0.15, (random) => random.pick([false, true, null])],
  overwrite: [0.2, (random) => random.pick([false, true, null])],
  httpOnly: [0.15, (random) => random.pick([false, true, null])],
  path: [0.15, (random) => random.pick(['/app', '', '/a b', '/a\u0007b'])],
  domain: [0.1, (random) => random.pick(['example.com', '.example.com', '', 'a\u0007b'])],
  sameSite: [0.2, (random) => random.pick(['lax', 'Strict', 'NONE', true, false, '', 'other'])],
  secure: [0.2, (random) => random.pick([true, false, null])],
  secureProxy: [0.04, (random) => random.chance(0.5)],
  priority: [0.1, (random) => random.pick(['low', 'HIGH', 'urgent'])],
  partitioned: [0.1, (random) => random.chance(0.7)]
}

function drawOptions (random, names = Object.keys(OPTIONS)) {
  const options = {}
  for (const name of names) {
    const [share, draw] = OPTIONS[name]
    if (random.chance(share)) options[name] = draw(random)
  }
  return options
}

const KEYS = ['a', 'b', 'user', '10', '2', '', 'ключ', 'isNew', 'isChanged', 'isPopulated', '_ctx', '_x', 'constructor', 'toString', '__proto__', 'toJSON', 'maxAge']

/** Those whose value is the app's own: the app must not change the prototypes of this process. */
const NESTED_KEYS = ['a', 'b', 'user', '10', 'isNew', '_ctx']

const LEAVES = [
  'null', 'true', 'false', '0', '-0', '1.5', '1e21', '1e400', '""', '"text"', '"a;b=c"', '"é日本😀"', '"\\ud800"', '"</script>"', '"\\u2028"', '[]', '{}'
]

/** Draws JSON. */
function drawJson (random, depth = 3) {
  if (depth === 0 || random.chance(0.5)) return random.pick(LEAVES)
  if (random.chance(0.3)) return `[${random.times(random.below(4), () => drawJson(random, depth - 1)).join()}]`
  return drawObject(random, depth)
}

function drawObject (random, depth = 3) {
  return `{${random.times(random.below(4), () => `${JSON.stringify(random.pick(KEYS))}:${drawJson(random, depth - 1)}`).join()}}`
}

/** Values that JSON cannot say; values.js makes them. */
const ODD_VALUES = ['undefined', 'function', 'NaN', 'date', 'bigint', 'cycle', 'toJSON', 'toJSON undefined', 'symbol', 'map', 'boxed', 'large']

const drawValue = (random) => random.chance(0.15) ? { odd: random.pick(ODD_VALUES) } : { json: drawJson(random) }

/** What is assigned to the session. */
const ASSIGNED = ['null', 'null', 'undefined', 'itself', 'copy', 'inherited', 'array', 'date', 'bare', '5', '"text"', 'true', 'function', '0', '""', 'false']

const OPERATIONS = {
  read: [4, () => []],
  flags: [4, () => []],
  set: [8, (random) => [random.pick(KEYS), drawValue(random)]],
  remove: [2, (random) => [random.pick(KEYS)]],
  nest: [2, (random) => [random.pick(NESTED_KEYS), drawValue(random)]],
  clear: [1, () => []],
  replace: [2, (random) => [drawObject(random)]],
  assign: [2, (random) => [random.pick(ASSIGNED)]],
  option: [1.5, (random) => {
    const options = drawOptions(random)
    const [name, value] = Object.entries(options)[0] ?? ['maxAge', 5000]
    return [name, value]
  }],
  ownCookie: [1, (random) => [random.pick(['other=1', 'session=mine; path=/', 'session.sig=mine; path=/', 'sid=mine', 'sessions=1'])]],
  wait: [0.5, () => [700]]
}

function drawOperation (random) {
  const name = random.weighted(Object.fromEntries(Object.entries(OPERATIONS).map(([name, [weight]]) => [name, weight])))
  return [name, ...OPERATIONS[name][1](random)]
}

/** How a response is sent. Most are sent after the operations; `early` ones before the last of them. */
const OUTCOMES = { end: 10, json: 2, throw: 2, stream: 1, redirect: 1, early: 1.5, write: 1, head: 1, headObject: 1, headPairs: 0.7, headList: 0.7, headMessage: 0.5 }

const RAW = ['', '""', 'e30=', 'e30', '%%%', 'not base64', 'eyJhIjoxfQ', 'eyJhIjoxfQ==', '"eyJhIjoxfQ=="', '"', 'eyJhIjoxfQ==junk', 'eyJh IjoxfQ==']

/** Draws a cookie's value that a client has made. */
function drawForeign (random) {
  if (random.chance(0.3)) return { raw: random.pick(RAW) }
  if (random.chance(0.1)) return { json: '['.repeat(2000) + ']'.repeat(2000) }
  if (random.chance(0.2)) return { json: `{"__proto__":${drawJson(random)},"a":{"__proto__":{"b":1}}}` }
  return { json: random.chance(0.5) ? drawObject(random) : drawJson(random) }
}

/** Who has signed a cookie that a client sends: a key by its place, one that is no key, or nobody. */
const drawSigner = (random) => random.pick([0, 0, 0, 1, 1, 2, 'other', 'none', 'empty'])

const EDITS = {
  foreign: (random) => ['foreign', drawForeign(random), drawSigner(random)],
  resign: (random) => ['resign', drawSigner(random)],
  dropValue: () => ['dropValue'],
  dropSignature: () => ['dropSignature'],
  quote: () => ['quote'],
  neighbours: () => ['neighbours'],
  twin: (random) => ['twin', random.pick(['before', 'after']), drawForeign(random), random.pick(['none', 'other'])],
  empty: () => ['empty'],
  swap: () => ['swap'],
  tight: () => ['tight']
}

function drawRequest (random, keys) {
  const request = {
    advance: random.pick([0, 0, 1, 999, 1000, 50000, 86400000]),
    https: random.chance(0.25),
    edits: random.chance(0.5) ? [] : random.times(1 + random.below(2), () => EDITS[random.pick(Object.keys(EDITS))](random)),
    operations: random.chance(0.1) ? [] : random.times(1 + random.below(5), () => drawOperation(random)),
    outcome: random.weighted(OUTCOMES),
    keeps: random.pick(['upstream', 'ours'])
  }
  // Which of two cookies is read depends on the option.
  if (request.edits.some(([name]) => name === 'twin')) request.operations = request.operations.filter(([name, option]) => name !== 'option' || option !== 'signed')
  if (random.chance(0.12) && ['strings', 'buffers'].includes(keys.as)) request.rotate = random.pick([[0], [1], [1, 0], [2, 1, 0], [0, 1]])
  if (random.chance(0.05)) request.live = drawOptions(random, ['maxAge', 'path', 'sameSite', 'secure', 'domain', 'priority'])
  // Without keys, cookie-session reports that a signed cookie cannot be verified only if there is one.
  if (keys.as === 'none') request.operations = request.operations.filter(([name, option]) => name !== 'option' || option !== 'signed')
  // On an error response, Koa removes such a cookie, and the entry does not know whose it is.
  if (request.outcome === 'throw') request.operations = request.operations.filter(([name, line]) => name !== 'ownCookie' || line.startsWith('other'))
  return request
}

/** Draws a script: options, and requests of one visitor. */
function generate (seed) {
  const random = new Random(seed)
  const keys = drawKeys(random)
  const options = drawOptions(random)
  if (keys.as === 'none') options.signed = false
  return { seed, keys, options, requests: random.times(1 + random.below(6), () => drawRequest(random, keys)) }
}

module.exports = { SECRETS, START_MS, generate }
