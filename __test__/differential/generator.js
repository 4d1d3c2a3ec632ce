'use strict'

const { drawOptions, drawKeys } = require('./generator/options')
const { drawOperations } = require('./generator/operations')
const { drawCookies } = require('./generator/cookies')
const Random = require('./random')
const { drawMaxAge } = require('./values')

/**
 * Draws a script: options, and a list of requests with their cookies, their session operations and how they end.
 * The script is plain JSON and depends on the seed alone.
 */
function generate (seed) {
  const random = new Random(seed)
  const script = { seed, ...drawOptions(random) }
  script.requests = random.times(2 + random.below(5), index => drawRequest(random, script, index))
  return script
}

const outcomes = {
  text: 30,
  json: 6,
  stream: 1,
  redirect: 3,
  noContent: 1,
  notModified: 1,
  notFound: 2,
  created: 1,
  throw: 3,
  caught: 2,
  throwStatus: 2,
  throwHeaders: 1,
  throwText: 0.5,
  throwShared: 1,
  late: 2,
  raw: 0.4,
  flushed: 0.4
}

const pauses = [0, 0, 0, 0, 1, 1, 1000, 1000, 31000, 60000, 60001, 3600000, 50000000, 86400000, 86400001, 172800000]

function drawRequest (random, script, index) {
  const request = {
    advance: random.pick(pauses),
    method: random.weighted({ GET: 12, POST: 3, HEAD: 2 }),
    path: random.pick(['/', '/', '/a/b', '/?sid=id-1', '/?sid=rec-1', '/?sid=']),
    headers: drawHeaders(random),
    cookies: drawCookies(random, script, index),
    guarded: random.chance(0.7),
    before: random.chance(0.12) ? drawOperations(random, script, 1 + random.below(2)) : [],
    operations: random.chance(0.12) ? [] : drawOperations(random, script, 1 + random.below(5)),
    after: random.chance(0.08) ? drawOperations(random, script, 1 + random.below(2)) : [],
    outcome: random.weighted(outcomes)
  }
  if (random.chance(0.04)) request.again = drawOperations(random, script, 1 + random.below(3)).filter(([name]) => name !== 'saveLoosely')
  if (index > 0 && random.chance(0.06)) request.rotate = { ...drawKeys(random), inPlace: random.chance(0.5) }
  if (index > 0 && !script.frozenOptions && script.form !== 'app alone' && random.chance(script.store?.as === 'later' ? 0.4 : 0.06)) {
    request.live = [drawChange(random, script)]
  }
  return request
}

function drawHeaders (random) {
  const headers = {}
  if (random.chance(0.3)) headers['x-forwarded-proto'] = random.pick(['https', 'https', 'http', 'https,http'])
  if (random.chance(0.05)) headers['x-session-id'] = random.pick(['id-1', 'rec-1', 'unknown', '../../x'])
  return headers
}

function drawChange (random, script) {
  const changes = {
    maxAge: () => drawMaxAge(random),
    rolling: () => random.chance(0.5),
    renew: () => random.chance(0.5),
    autoCommit: () => random.chance(0.7),
    signed: () => random.chance(0.5),
    path: () => '/changed',
    domain: () => 'changed.example',
    key: () => random.pick(['changed', 'koa.sess'])
  }
  if (script.store?.as === 'store') changes.store = () => random.pick(['on', { $: 'undefined' }, { $: 'undefined' }])
  if (script.store?.as === 'later') return ['store', random.pick(['on', 'on', { $: 'undefined' }])]
  // If maxAge became undefined, maxage would apply again.
  if ('maxage' in script.options) delete changes.maxAge
  const name = random.pick(Object.keys(changes))
  return [name, changes[name]()]
}

module.exports = generate
