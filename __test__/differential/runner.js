'use strict'

const startApp = require('./app')
const freeze = require('./clock')
const { cookieHeader } = require('./cookies')
const Mask = require('./mask')
const { portrayError } = require('./portray')
const { turn } = require('./store')
const { build } = require('./values')
const World = require('./world')

// Names that scripts give the cookie after its first use.
const laterKeys = ['changed', 'other', 'second', 'koa.sess']

/**
 * Plays a script on a stage and returns its record: for each request, the response and the log.
 * `kinds` are implementations, `{ session, Koa }`, which serve the requests in turn, in one world.
 */
async function play (script, kinds, stage) {
  const world = new World(script)
  const mask = new Mask()
  const thaw = freeze(world.clock)
  // A listener that throws must not fail the test.
  if (script.listeners) process.setUncaughtExceptionCaptureCallback(error => world.log(`uncaught ${portrayError(error)}`))
  try {
    const { apps, refused } = start(kinds, script, world)
    if (refused) return { refused, requests: [] }
    const requests = []
    for (const [index, request] of script.requests.entries()) {
      prepare(request, apps, world)
      requests.push(await playRequest(request, apps[index % apps.length].handler, script, world, mask, stage))
    }
    return { optionsKept: script.watchOptions ? apps.every(wereKept) : undefined, requests }
  } finally {
    if (script.listeners) process.setUncaughtExceptionCaptureCallback(null)
    thaw()
  }
}

/** Starts the apps; if that throws, returns the error's class. Warnings about `maxage` are not part of the record. */
function start (kinds, script, world) {
  const { warn } = console
  console.warn = () => {}
  try {
    return { apps: kinds.map(kind => startApp(kind, script, world)) }
  } catch (error) {
    return { refused: error.constructor.name }
  } finally {
    console.warn = warn
  }
}

function wereKept ({ options, given }) {
  const names = Object.keys(given)
  return Object.keys(options).join() === names.join() && names.every(name => Object.is(options[name], given[name]))
}

function prepare (request, apps, world) {
  world.clock.now += request.advance
  if (request.rotate) world.rotate(request.rotate)
  for (const { app, options } of apps) {
    app.keys = world.keys
    for (const [name, value] of request.live ?? []) options[name] = name === 'store' && value === 'on' ? world.store : build(value)
  }
  world.request = request
  world.lines = []
}

async function playRequest (request, handler, script, world, mask, stage) {
  const headers = { ...request.headers }
  const cookie = cookieHeader(request.cookies, { key: keyOf(script), jar: world.jar, keys: world.keysSpec, clock: world.clock })
  if (cookie !== undefined) headers.cookie = cookie
  if (world.externalId && script.hooks.externalKey) headers['x-session-id'] = world.externalId
  const at = world.clock.now
  const answer = await stage.send(handler, { method: request.method, path: request.path, headers })
  answer.headers = settled(answer.headers, request)
  // Events are emitted in a later turn, in which a save that is not awaited may end, too.
  for (let turns = 0; turns < 6; turns++) await turn()
  world.externalId = find(answer.headers, 'x-session-id')[0] ?? world.externalId
  const setCookies = find(answer.headers, 'set-cookie')
  world.jar.take(setCookies)
  if (script.store && !script.hooks.genid) {
    mask.learn([...answer.headers, ...world.lines].join('\n'), [keyOf(script), ...laterKeys], typeof script.options.prefix === 'string' ? script.options.prefix : '', world.keysSpec)
    world.lines = world.lines.map(line => mask.text(line))
    answer.headers = answer.headers.map(line => mask.text(line))
    answer.body = mask.text(answer.body)
  }
  return { sent: { at, method: request.method, path: request.path, cookie }, log: world.lines, ...answer }
}

// Moves the Set-Cookie lines to the front if a save is not awaited, since it may set them before or after the headers of the body.
function settled (headers, { before, operations, after }) {
  if (![...before, ...operations, ...after].some(([name]) => name === 'saveLoosely')) return headers
  const isCookie = line => line.startsWith('set-cookie: ')
  return [...headers.filter(isCookie), ...headers.filter(line => !isCookie(line))]
}

function keyOf ({ options }) {
  return typeof options.key === 'string' ? options.key : 'koa.sess'
}

function find (headers, name) {
  return headers.filter(line => line.startsWith(`${name}: `)).map(line => line.slice(name.length + 2))
}

module.exports = play
