'use strict'

const { Availability } = require('./availability')
const { isRolling, toRecord, toSession } = require('./express-record')
const { checkMethods } = require('./methods')

/** koa-session's store over one of express-session. */
class ConnectStore {
  #store
  #availability
  /** @type {WeakMap<object, Map<string, *>>} by ctx and id: the lifetime of a record whose expiry may be moved alone */
  #movable = new WeakMap()

  constructor (store, options) {
    checkMethods('store', store, ['get', 'set', 'destroy'])
    this.#store = store
    this.#availability = new Availability(store, options)
  }

  /** Gives the record of an id; undefined where there is none. */
  async get (id, maxAge, { ctx } = {}) {
    const session = await this.#call('get', id).catch(noneIfNoEntry)
    if (!session) return undefined
    this.#note(ctx, id, session, isRolling(session))
    return toRecord(session)
  }

  /** Stores a record, or where its expiry alone has moved, moves that. */
  async set (id, record, ttl, { changed, rolling, ctx } = {}) {
    const isRolled = rolling === true && typeof this.#store.touch === 'function'
    const isTouch = isRolled && changed === false && this.#isMovable(ctx, id, record)
    await this.#call(isTouch ? 'touch' : 'set', id, toSession(record, ttl, isRolled))
    this.#note(ctx, id, record, isRolled)
  }

  /** Removes the record of an id. */
  async destroy (id) {
    await this.#call('destroy', id)
  }

  #note (ctx, id, record, isMovable) {
    if (ctx === undefined) return
    if (!this.#movable.has(ctx)) this.#movable.set(ctx, new Map())
    if (isMovable) this.#movable.get(ctx).set(id, lifetimeOf(record))
    else this.#movable.get(ctx).delete(id)
  }

  /** Tells whether the store has this record but for its expiry. Without a ctx, the caller's word has to do. */
  #isMovable (ctx, id, record) {
    return ctx === undefined || this.#movable.get(ctx)?.get(id) === lifetimeOf(record)
  }

  /** Calls a method that answers by a callback, and may answer by a promise as well. */
  async #call (method, ...args) {
    await this.#availability.ready()
    return new Promise((resolve, reject) => {
      const answer = this.#store[method](...args, (err, value) => err ? reject(err) : resolve(value))
      if (typeof answer?.then === 'function') answer.then(undefined, reject)
    })
  }
}

function lifetimeOf ({ _session, _maxAge }) {
  return _session === true ? 'session' : _maxAge
}

/** As in express-session, a store of files says so where there is no session. */
function noneIfNoEntry (err) {
  if (err?.code !== 'ENOENT') throw err
}

/**
 * Makes a store of express-session one that `session({ store })` takes. connect.d.ts documents it.
 *
 * @param {object} store with get, set and destroy that take callbacks, and perhaps touch
 * @param {{ reconnectTimeout?: number }} [options]
 * @returns {{ get: Function, set: Function, destroy: Function }}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function connectStore (store, options) {
  return new ConnectStore(store, options)
}

module.exports = { connectStore }
