'use strict'

const { alias, changeInside } = require('./inside')
const { portray, portrayError } = require('./portray')
const { turn } = require('./store')
const { build } = require('./values')

const called = run => new Promise((resolve, reject) => {
  const returned = run((...args) => resolve(`called with ${args.map(arg => arg instanceof Error ? portrayError(arg) : portray(arg))}, returned ${portray(returned)}`))
  Promise.resolve(returned).catch(reject)
  neverCalled().then(resolve)
})

// If data have replaced the method, the callback is never called.
async function neverCalled () {
  for (let turns = 0; turns < 100; turns++) await turn()
  return 'never called'
}

// What a middleware does, by name: each gets the scene ({ ctx, world }) and the script's arguments.
const operations = {
  get: ({ ctx }, key) => ctx.session?.[key],
  has: ({ ctx }, key) => ctx.session && key in ctx.session,
  own: ({ ctx }, key) => ctx.session && Object.prototype.hasOwnProperty.call(ctx.session, key),
  set: ({ ctx }, key, value) => { ctx.session[key] = value },
  delete: ({ ctx }, key) => delete ctx.session[key],
  nested: ({ ctx }, key, inner, value) => {
    if (!ctx.session[key] || typeof ctx.session[key] !== 'object') ctx.session[key] = {}
    ctx.session[key][inner] = value
  },
  inside: ({ ctx }, at, name, ...args) => changeInside(ctx.session, at, name, args),
  alias: ({ ctx }, at, key, into) => alias(ctx.session, at, key, into),
  count: ({ ctx }, key) => { ctx.session[key] = (ctx.session[key] || 0) + 1 },
  rewrite: ({ ctx }, key) => {
    const value = ctx.session[key]
    delete ctx.session[key]
    ctx.session[key] = value
  },
  again: ({ ctx }, key) => { if (key in ctx.session) ctx.session[key] = JSON.parse(JSON.stringify(ctx.session[key])) },
  define: ({ ctx }, key) => { Object.defineProperty(ctx.session, key, { value: 1, enumerable: false, configurable: true, writable: true }) },
  assign: ({ ctx }, value) => { ctx.session = value },
  mingle: ({ ctx }, value) => { Object.assign(ctx.session, value) },
  assignSelf: ({ ctx }) => { ctx.session = ctx.session }, // eslint-disable-line no-self-assign
  assignCopy: ({ ctx }) => { ctx.session = ctx.session?.toJSON() },
  setMaxAge: ({ ctx }, value) => { ctx.session.maxAge = value },
  requireSave: ({ ctx }, value) => { ctx.session._requireSave = value },
  read: ({ ctx }, name) => ctx.session?.[name],
  toJSON: ({ ctx }) => ctx.session?.toJSON(),
  text: ({ ctx }) => JSON.stringify(ctx.session),
  inspect: ({ ctx }) => portray(ctx.session),
  spread: ({ ctx }) => Object.entries({ ...ctx.session }).filter(([key]) => key[0] !== '_' && key !== 'isNew'),
  same: ({ ctx }) => ctx.session === ctx.session, // eslint-disable-line no-self-compare
  save: ({ ctx }) => ctx.session?.save(),
  saveCallback: ({ ctx }) => ctx.session && called(callback => ctx.session.save(callback)),
  // Not awaited, as in many apps. A failure would end the process, so it is logged; a turn later, since the order of microtasks is
  // not defined.
  saveLoosely: ({ ctx, world }) => { ctx.session?.save().catch(error => turn().then(() => world.log(`loose save failed ${portrayError(error)}`))) },
  regenerate: ({ ctx }) => ctx.session?.regenerate(),
  regenerateCallback: ({ ctx }) => ctx.session && called(callback => ctx.session.regenerate(callback)),
  manuallyCommit: ({ ctx }) => ctx.session?.manuallyCommit(),
  commit: ({ ctx }, options) => ctx.session?.commit(options),
  commitCallback: ({ ctx }, options) => ctx.session && called(callback => options ? ctx.session.commit(options, callback) : ctx.session.commit(callback)),
  // koa-passport's login: regenerates the session, writes the user, and saves.
  login: async ({ ctx }, user) => {
    if (!ctx.session) return
    await called(callback => ctx.session.regenerate(callback))
    ctx.session.user = user
    return called(callback => ctx.session.save(callback))
  },
  held: ({ ctx }, key, value) => {
    const session = ctx.session
    ctx.session = value
    if (session) session[key] = 'written to the old object'
    return session && portray(session)
  },
  sessionOptions: ({ ctx }, name, value) => { ctx.sessionOptions[name] = value },
  readOption: ({ ctx }, name) => ctx.sessionOptions[name],
  sameOptions: ({ ctx }) => ctx.sessionOptions === ctx.sessionOptions, // eslint-disable-line no-self-compare
  getCookie: ({ ctx }, name, options) => ctx.cookies.get(name, options),
  setCookie: ({ ctx }, name, value, options) => { ctx.cookies.set(name, value, options) },
  secureCookies: ({ ctx }, value) => { ctx.cookies.secure = value },
  setHeader: ({ ctx }, name, value) => { ctx.res.setHeader(name, value) },
  removeHeader: ({ ctx }, name) => { ctx.res.removeHeader(name) },
  readHeader: ({ ctx }, name) => ctx.response.get(name),
  // The session of a ctx made of a request without a response, like a socket's upgrade request.
  ofRequest: ({ ctx }, key) => {
    const alone = ctx.app.createContext(ctx.req)
    return alone.session && [alone.session.isNew, alone.session[key], alone.session.length]
  },
  advance: ({ world }, milliseconds) => { world.clock.now += milliseconds },
  turn
}

/**
 * Executes a script's operations in order, and logs what each returned or threw.
 * Unless the request is `guarded`, an operation's error becomes that of the route.
 */
async function perform (list, scene) {
  for (const [name, ...args] of list) {
    const said = `${scene.where} ${name} ${args.map(portray).join(' ')}`
    try {
      const result = operations[name](scene, ...args.map(build))
      scene.world.log(result instanceof Promise ? `${said} promised ${portray(await result)}` : `${said} = ${portray(result)}`)
    } catch (error) {
      scene.world.log(`${said} threw ${portrayError(error)}`)
      if (!scene.guarded) throw error
    }
  }
}

module.exports = perform
