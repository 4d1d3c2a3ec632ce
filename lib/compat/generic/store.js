'use strict'

const { EventEmitter } = require('node:events')

/**
 * A store as koa-generic-session shows it to the app (`ctx.sessionStore`): it adds the prefix to ids, computes the TTL, and passes the
 * store's events `disconnect` and `connect` on.
 */
class GenericStore extends EventEmitter {
  #records

  /**
   * @param {object} client with get, set and destroy, which return promises or values
   * @param {{ prefix: string, ttl?: number|Function, cookie: object }} options cookie: the attributes for a session without its own
   * @param {import('./shared-records').SharedRecords} records
   */
  constructor (client, options, records) {
    super()
    this.client = client
    this.options = options
    this.#records = records
    if (typeof client.on !== 'function') return
    for (const event of ['disconnect', 'connect']) client.on(event, (...args) => this.emit(event, ...args))
  }

  /** Returns the key under which the client has the session of an id. */
  keyOf (id) {
    return this.options.prefix + id
  }

  /** Returns the session of an id; null if there is none. */
  async get (id) {
    const data = await this.client.get(this.keyOf(id))
    if (!data) return null
    if (typeof data.cookie?.expires === 'string') data.cookie.expires = new Date(data.cookie.expires)
    return data
  }

  async set (id, session) {
    await this.client.set(this.keyOf(id), session, this.#ttlOf(session))
  }

  /** Returns the option `ttl`; without it, the lifetime of the session's cookie: `expires`, or else `maxAge`. */
  #ttlOf (session) {
    const { ttl: option } = this.options
    const ttl = typeof option === 'function' ? option(session) : option
    if (ttl) return ttl
    const { expires, maxAge } = session.cookie ?? this.options.cookie
    // A session that was merged has the date as text.
    if (expires) return Math.ceil(new Date(expires).getTime() - Date.now())
    return typeof maxAge === 'number' ? maxAge : ttl
  }

  /** Destroys the session of an id, for all requests that have loaded it. */
  async destroy (id) {
    const key = this.keyOf(id)
    await this.#records.destroy(key, () => this.client.destroy(key))
  }
}

/** Knows whether a store is connected, by its events. While it is not, requests wait until it is, or until a timeout. */
class Connection {
  #timeoutMs
  /** While the store is disconnected: resolves when it is connected, and rejects after the timeout. */
  #waiting

  constructor (store, timeoutMs) {
    this.#timeoutMs = timeoutMs
    store.on('disconnect', () => this.#disconnect(store))
    store.on('connect', () => { this.#waiting = undefined })
  }

  #disconnect (store) {
    if (this.#waiting !== undefined) return
    this.#waiting = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(unavailable()), this.#timeoutMs)
      timer.unref?.()
      store.once('connect', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    // Not every request awaits it.
    this.#waiting.catch(() => {})
  }

  /** Resolves when the store is connected; undefined if it is. */
  get ready () { return this.#waiting }
}

function unavailable () {
  return Object.assign(new Error('session store is unavailable'), { code: 'ERR_SESSION_STORE' })
}

module.exports = { Connection, GenericStore }
