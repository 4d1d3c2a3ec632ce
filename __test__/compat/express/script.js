'use strict'

/** Makes random scripts: options of the middleware and the store, and a list of requests with operations. */

const { Random } = require('./random')

const NONE = undefined

const OPERATIONS = [
  ['read'], ['set'], ['set'], ['set'], ['delete'], ['nest'], ['reorder'], ['maxAge'], ['expires'], ['attribute'], ['regenerate'], ['destroy'],
  ['reload'], ['save'], ['save'], ['touch'], ['resetMaxAge'], ['null'], ['drop'], ['throw'], ['saveOld'], ['method'], ['generate'], ['id'], ['later']
]

/** What the Cookie header of a request has, beside the jar's own cookie. */
const HEADERS = [
  'jar', 'jar', 'jar', 'jar', 'jar', 'jar', 'none', 'forged', 'unsigned', 'unknown', 'quoted', 'twice', 'second', 'among', 'malformed', 'decoded', 'spaced',
  'empty', 'garbage', 'older', 'otherSecret'
]

function cookieOptions (random, isFunction) {
  const options = {}
  if (random.oneIn(2)) options.maxAge = random.of(60000, 1000, null, 60000)
  if (random.oneIn(6)) options.path = random.of('/p', '/', '/p/')
  if (random.oneIn(6)) options.secure = random.of(true, 'auto', false)
  // From a function, 'auto' is no value of SameSite.
  if (random.oneIn(6)) options.sameSite = random.of(isFunction ? 'lax' : 'auto', 'strict', true, 'None', 'LAX')
  if (random.oneIn(8)) options.httpOnly = false
  if (random.oneIn(10)) options.domain = '.example.com'
  if (random.oneIn(10)) options.priority = random.of('high', 'LOW', 'medium')
  if (random.oneIn(10)) options.partitioned = true
  return options
}

function operation (random) {
  const [name] = random.of(...OPERATIONS)
  return { name, value: random.below(4), isPromise: random.oneIn(2) }
}

function requestOf (random, hasEvents) {
  return {
    path: random.of('/', '/', '/', '/p', '/p/x?y=/', '/q'),
    header: random.of(...HEADERS),
    isHttps: random.oneIn(3),
    aheadMs: random.of(0, 0, 1, 700, 2000),
    rotate: random.oneIn(12),
    connection: connectionOf(random, hasEvents),
    isEarly: random.oneIn(10),
    fails: random.oneIn(30) ? random.of('get', 'set', 'destroy', 'touch', 'missing') : NONE,
    operations: Array.from({ length: random.below(5) }, () => operation(random))
  }
}

/** Returns the event that a store emits before a request: it is seldom disconnected, and soon connected again. */
function connectionOf (random, hasEvents) {
  const event = random.oneIn(25) ? 'disconnect' : random.oneIn(3) ? 'connect' : NONE
  return hasEvents ? event : NONE
}

/** Makes the script of a seed. */
function scriptOf (seed) {
  const random = new Random(seed)
  const isCookieFunction = random.oneIn(5)
  const base = random.of('express', 'express', 'ours', 'none')
  return {
    seed,
    options: {
      resave: random.oneIn(2),
      saveUninitialized: random.oneIn(2),
      rolling: random.oneIn(3),
      unset: random.of(NONE, 'destroy', 'keep'),
      proxy: random.of(NONE, NONE, true, false),
      name: random.of(NONE, NONE, 'sid'),
      isKey: random.oneIn(2),
      cookie: random.oneIn(5) ? NONE : cookieOptions(random, isCookieFunction),
      isCookieFunction,
      isSecretText: random.oneIn(4),
      concurrent: random.of(NONE, NONE, 'merge', 'overwrite')
    },
    store: {
      hasTouch: !random.oneIn(3),
      callsBack: random.of('late', 'late', 'synchronously', 'mixed'),
      base
    },
    trustsProxy: random.oneIn(2),
    requests: Array.from({ length: 2 + random.below(5) }, () => requestOf(random, base !== 'none'))
  }
}

module.exports = { scriptOf }
