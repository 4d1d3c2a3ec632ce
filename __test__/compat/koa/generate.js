'use strict'

const Random = require('../../differential/random')

const START_MS = 1700000000000

const SECRETS = ['first secret of the app', 'second secret of the app', 'third']

const KEYS = ['a', 'b', 'user', '2', 'ключ', 'maxAge', 'save', '_x', 'toJSON', 'isNew', 'length']

const VALUES = ['null', 'true', '0', '1.5', '""', '"text"', '"é日本"', '[]', '{}', '[1,{"a":2}]', '{"a":1,"b":[1,2]}', '{"b":[1,2],"a":1}', '{"a":{"b":{"c":1}}}']

const ASSIGNED = ['null', 'undefined', '5', '"text"', 'false', '[]', '{}', '{"a":1}', '{"b":2,"a":1}', '{"a":1,"b":2}', 'copy', 'reversed', 'bare']

/** Operations that both have; `weights` may add others. */
const OPERATIONS = {
  read: [4, () => []],
  set: [8, (random) => [random.pick(KEYS), random.pick(VALUES)]],
  odd: [1.5, (random) => [random.pick(KEYS), random.pick(['undefined', 'function', 'date', 'NaN', 'bigint'])]],
  remove: [2, (random) => [random.pick(KEYS)]],
  nest: [2, (random) => [random.pick(KEYS), random.pick(VALUES)]],
  clear: [1, () => []],
  assign: [2, (random) => [random.pick(ASSIGNED)]]
}

const MINIMAL = {
  operations: { ...OPERATIONS, regenerate: [1.5, () => []], delete: [0.5, () => []] },
  options: {
    key: [0.3, (random) => random.pick(['SID', 'a.b', 'koa.sess'])],
    cookie: [0.7, (random) => ({ as: random.pick(['object', 'function']), given: drawAttributes(random, ['maxAge', 'path', 'domain', 'httpOnly', 'secure', 'sameSite', 'overwrite', 'signed', 'expires']) })]
  },
  keys: 0.4,
  methods: ['value', 'promise', 'generator']
}

const GENERIC = {
  operations: {
    ...OPERATIONS,
    regenerate: [1.5, () => []],
    save: [1.2, () => []],
    sessionSave: [0.8, (random) => [random.pick([true, false, null])]],
    attribute: [1.5, (random) => Object.entries(drawAttributes(random))[0] ?? ['maxAge', 5000]],
    noCookie: [0.3, () => []],
    id: [0.5, () => []]
  },
  options: {
    key: [0.3, (random) => random.pick(['SID', 'a.b'])],
    prefix: [0.3, (random) => random.pick(['', 'p:', 'koss:test:'])],
    ttl: [0.3, (random) => random.pick([1000, 0, 'function'])],
    cookie: [0.7, (random) => drawAttributes(random)],
    rolling: [0.2, () => true],
    allowEmpty: [0.2, () => true],
    defer: [0.3, () => true],
    genSid: [0.3, (random) => random.pick(['sync', 'async'])],
    valid: [0.2, () => true],
    beforeSave: [0.2, () => true],
    errorHandler: [0.2, (random) => random.pick(['ignore', 'rethrow'])],
    sessionIdStore: [0.1, () => true]
  },
  keys: 0.93,
  methods: ['value', 'promise']
}

const ATTRIBUTES = {
  maxAge: [0.6, (random) => random.pick([1000, 60000, 86400000, 0, null, 1500.5])],
  maxage: [0.08, (random) => random.pick([5000, 0])],
  path: [0.2, (random) => random.pick(['/', '/in', '/in/a'])],
  domain: [0.15, () => 'example.com'],
  httpOnly: [0.3, (random) => random.chance(0.5)],
  secure: [0.15, (random) => random.pick([true, false])],
  sameSite: [0.2, (random) => random.pick(['lax', 'strict', true])],
  overwrite: [0.2, (random) => random.chance(0.5)],
  signed: [0.2, (random) => random.chance(0.6)],
  expires: [0.1, () => ({ date: START_MS + 3600000 })]
}

function draw (random, table, names = Object.keys(table)) {
  const drawn = {}
  for (const name of names) {
    const [share, make] = table[name]
    if (random.chance(share)) drawn[name] = make(random)
  }
  return drawn
}

const drawAttributes = (random, names) => draw(random, ATTRIBUTES, names)

const EDITS = ['drop', 'dropSignature', 'forge', 'unknown', 'long', 'hostile', 'old', 'twin', 'others']

const OUTCOMES = { end: 14, throw: 2, throwFirst: 0.6, twice: 0.6, early: 0.5, cookie: 0.7 }

function drawOperation (random, { operations }) {
  const name = random.weighted(Object.fromEntries(Object.entries(operations).map(([name, [weight]]) => [name, weight])))
  return [name, ...operations[name][1](random)]
}

function drawRequest (random, kind) {
  const request = {
    advance: random.pick([0, 0, 1, 999, 1000, 50000, 86400000]),
    https: random.chance(0.3),
    path: random.pick(['/in/a', '/in/a', '/in', '/']),
    edits: random.chance(0.7) ? [] : [random.pick(EDITS)],
    operations: random.chance(0.15) ? [] : random.times(1 + random.below(5), () => drawOperation(random, kind)),
    outcome: random.weighted(OUTCOMES)
  }
  if (random.chance(0.08)) request.rotate = random.pick([[0], [1, 0], [2, 0], [2]])
  const isLookedUp = !request.edits.includes('long') && !request.edits.includes('hostile')
  if (isLookedUp && random.chance(0.06)) request.fails = [random.pick(['get', 'set', 'destroy']), random.pick(['throw', 'reject', 'ENOENT'])]
  if (kind === GENERIC && random.chance(0.05)) request.isInvalid = true
  return request
}

/** Returns a function that draws a script: options, and requests of one visitor. */
function generator (kind) {
  return (seed) => {
    const random = new Random(seed)
    return {
      keys: random.chance(kind.keys) ? [0] : undefined,
      methods: random.pick(kind.methods),
      options: draw(random, kind.options),
      requests: random.times(1 + random.below(6), () => drawRequest(random, kind))
    }
  }
}

/** Makes a script of one or two requests; the last one has some further fields. */
function scriptOf (first, second, last) {
  const common = { advance: 0, https: false, path: '/in/a', edits: [], outcome: 'end' }
  const requests = [first, ...(second === undefined ? [] : [second])].map((operations) => ({ ...common, operations }))
  Object.assign(requests.at(-1), last)
  return { methods: 'value', options: {}, requests }
}

module.exports = { SECRETS, START_MS, scriptOf, generateGeneric: generator(GENERIC), generateMinimal: generator(MINIMAL) }
