'use strict'

const { request, script } = require('../by-hand')

const isPromised = hooks => Object.values(hooks).some(name => name.endsWith('Later'))

/** Awaits `beforeSave`, and throws if `genid` returns a value that is no id. */
const awaiting = ContextSession => class extends ContextSession {
  constructor (ctx, opts) {
    super(ctx, opts)
    const { genid } = this.opts
    this.opts.genid = ctx => toId(genid(ctx))
  }

  // Returns a promise even if `beforeSave` returns none, so that the session's data are always read after an `await`.
  callBeforeSave (session) {
    if (typeof this.opts.beforeSave === 'function') return (async () => super.callBeforeSave(session))()
  }
}

function toId (given) {
  const id = typeof given === 'number' ? String(given) : given
  if (typeof id === 'string' && isShown(id)) return id
  throw Object.assign(new TypeError(), { code: 'ERR_SESSION_ID' })
}

/** Returns whether an id may be passed to a store. */
function isShown (id) {
  // eslint-disable-next-line no-control-regex
  return id !== '' && Buffer.byteLength(id) <= 4096 && !/[\0-\x1f\x7f]/.test(id) && !id.split(/[/\\]/).includes('..')
}

/** Treats an id as missed that must not be passed to a store. */
const screening = ContextSession => class extends ContextSession {
  constructor (ctx, opts) {
    super(ctx, opts)
    const { store } = this
    if (store) this.store = { set: (...args) => store.set(...args), destroy: (...args) => store.destroy(...args), get: (...args) => isShown(String(args[0])) ? store.get(...args) : undefined }
  }
}

const sharing = ContextSession => class extends ContextSession {
  initFromExternal () {
    this.loading ??= super.initFromExternal()
    return this.loading
  }
}

/** Only accepts objects as a session's data. */
const demanding = ContextSession => class extends ContextSession {
  valid (data, key) {
    if (!data || (typeof data === 'object' && !Array.isArray(data))) return super.valid(data, key)
    this.emit('invalid', { key, value: data, ctx: this.ctx })
    return false
  }
}

/** Emits what a listener throws as the app's error. */
const catching = ContextSession => class extends ContextSession {
  emit (event, data) {
    setImmediate(() => {
      try {
        this.app.emit(`session:${event}`, data)
      } catch (error) {
        this.app.emit('error', error, this.ctx)
      }
    })
  }
}

// openRuns: on each ctx, how many runs of the middleware have not ended. begunAnew: each ctx on which the middleware runs again after
// all earlier runs have ended.
const openRuns = new WeakMap()
const begunAnew = new WeakSet()

const counting = middleware => async (ctx, next) => {
  const open = openRuns.get(ctx)
  if (open === 0) begunAnew.add(ctx)
  openRuns.set(ctx, (open ?? 0) + 1)
  try {
    return await middleware(ctx, next)
  } finally {
    openRuns.set(ctx, openRuns.get(ctx) - 1)
  }
}

/** Compares the data with those that this run of the middleware has loaded, not with those of an earlier run on the same ctx. */
const beginningAnew = ContextSession => class extends ContextSession {
  initFromExternal () {
    if (begunAnew.delete(this.ctx)) this.loading = this.prevHash = undefined
    return super.initFromExternal()
  }
}

function holding (payload, wrap, ...operations) {
  const plain = request(...operations)
  return { ...plain, cookies: { ...plain.cookies, from: 'crafted', payload, wrap, signed: 'first' } }
}

module.exports = [
  {
    fault: 10,
    what: 'genid may return a number, but not undefined or an empty string; beforeSave is awaited',
    applies: () => true,
    mend: { context: awaiting },
    example: script({ store: true, hooks: { genid: 'undefined' }, requests: [request(['set', 'a', 1])] }),
    shows: ['app error TypeError [ERR_SESSION_ID]']
  },
  {
    fault: 10,
    what: 'promises of genid, valid, beforeSave and externalKey.get are awaited',
    applies: ({ hooks }) => isPromised(hooks),
    wanted: ({ hooks, ...script }) => ({ ...script, hooks: Object.fromEntries(Object.entries(hooks).map(([hook, name]) => [hook, name.replace(/Later$/, '')])) }),
    example: script({
      store: true,
      hooks: { genid: 'counterLater', valid: 'byUserLater', beforeSave: 'stampLater', externalKey: 'headerLater' },
      requests: [request(['set', 'user', 'b']), request(['get', 'user'], ['set', 'user', 'a']), request(['get', 'user'])]
    }),
    shows: ["route get 'user' = 'b'", "route get 'user' = undefined"]
  },
  {
    fault: 19,
    what: 'a second session() does not load the session again that the first one has loaded',
    applies: script => Boolean(script.second),
    mend: { context: sharing },
    example: script({ store: true, second: {}, requests: [request(['count', 'views']), request(['get', 'views'])] }),
    shows: ["store.get/3 'id-1' undefined ctx { rolling: false }", "route get 'views' = 1"]
  },
  {
    fault: 28,
    what: 'what a listener throws is emitted as the app\'s error',
    applies: ({ listeners }) => listeners === 'throwing',
    mend: { context: catching },
    example: script({ listeners: 'throwing', store: true, requests: [holding('id-1', 'raw', ['get', 'a'])] }),
    shows: ['app error Error: listener failed']
  },
  {
    fault: 29,
    what: 'an id from a client that is too long, has control characters or path segments is not passed to the store',
    applies: ({ store }) => Boolean(store),
    mend: { context: screening },
    example: script({ store: true, requests: [holding('../../etc/passwd', 'raw', ['get', 'a'])] }),
    shows: ["event missed '../../etc/passwd' undefined ctx {}"]
  },
  {
    fault: 30,
    what: 'data that are a string, a number, true or an array are invalid',
    applies: () => true,
    mend: { context: demanding },
    example: script({ requests: [holding('["a","b"]', 'base64', ['toJSON'])] }),
    shows: ["event invalid undefined [ 'a', 'b' ] ctx {}", 'route toJSON  = {}']
  },
  {
    fault: 36,
    what: 'a session that is missing when the middleware runs again on its ctx is not saved empty',
    applies: ({ store }) => Boolean(store),
    mend: { context: beginningAnew, middleware: counting },
    example: script({ store: true, requests: [request(['set', 'a', 1]), { ...request(['get', 'a']), after: [['advance', 86400001]], again: [['get', 'a']] }] }),
    shows: ["again get 'a' = undefined"]
  }
]
