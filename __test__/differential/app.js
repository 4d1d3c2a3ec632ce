'use strict'

const { changeCookies } = require('./context-cookies')
const { hooks } = require('./hooks')
const perform = require('./operations')
const { conclude } = require('./outcomes')
const { portray, portrayError } = require('./portray')
const { contextStore, turn } = require('./store')
const { build } = require('./values')

function makeOptions (script, world) {
  const options = { ...build(script.options), ...hooks(script.hooks, world) }
  if (script.store?.as === 'store') options.store = world.store
  if (script.store?.as === 'ContextStore') options.ContextStore = contextStore(world.store, world)
  return script.frozenOptions ? Object.freeze(options) : options
}

function mount (session, script, options, app) {
  switch (script.form) {
    case 'app first': return session(app, options)
    case 'app alone': return session(app)
    default: return session(options, app)
  }
}

/** Starts an app of one kind, `{ session, Koa }`, in the world. */
function startApp ({ session, Koa }, script, world) {
  const app = new Koa()
  app.keys = world.keys
  app.proxy = script.app.proxy
  app.on('error', error => world.log(`app error ${portrayError(error)}`))
  for (const name of ['missed', 'expired', 'invalid']) {
    app.on(`session:${name}`, event => {
      logEvent(name, event, world)
      if (script.listeners === 'throwing') throw new Error('listener failed')
    })
  }
  const options = makeOptions(script, world)
  const given = { ...options }
  const middleware = mount(session, script, options, app)
  app.use(outer(script, world, middleware))
  app.use(middleware)
  if (script.second) app.use(session({ ...given, ...build(script.second) }, app))
  app.use(inner(world))
  return { app, options, given, handler: app.callback() }
}

function logEvent (name, { key, value, ctx, ...rest }, world) {
  world.log(`event ${name} ${portray(key)} ${portray(value)} ${world.isOurs(ctx) ? 'ctx' : portray(ctx)} ${portray(rest)}`)
}

function outer (script, world, middleware) {
  return async (ctx, next) => {
    const { request } = world
    world.ctx = ctx
    changeCookies(script.app.cookies, ctx, world)
    await perform(request.before, { ctx, world, where: 'before', guarded: true })
    await settleSaves(request.before)
    try {
      await next()
    } catch (error) {
      if (request.outcome !== 'caught') throw error
      world.log(`caught ${portrayError(error)}`)
      ctx.status = 503
      ctx.body = 'caught'
    }
    await perform(request.after, { ctx, world, where: 'after', guarded: true })
    await settleSaves([...request.operations, ...request.after])
    // As with a socket, which keeps its ctx: the middleware runs again on it after its earlier run has ended.
    if (request.again) await middleware(ctx, () => perform(request.again, { ctx, world, where: 'again', guarded: true }))
  }
}

function inner (world) {
  return async ctx => {
    const { request } = world
    try {
      await perform(request.operations, { ctx, world, where: 'route', guarded: request.guarded })
      await conclude(request.outcome, ctx, world)
    } catch (error) {
      await settleSaves(request.operations)
      throw error
    }
  }
}

// Waits for the end of saves that are not awaited, since these may otherwise run before or after the load and the response.
async function settleSaves (operations) {
  if (!operations.some(([name]) => name === 'saveLoosely')) return
  for (let turns = 0; turns < 6; turns++) await turn()
}

module.exports = startApp
