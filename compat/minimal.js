'use strict'

require('../lib/base/node-version')

const { settle } = require('../adapters/yieldable')
const { invalidOptionOf } = require('../lib/base/errors')
const { announce } = require('../lib/base/events')
const { isIdRefused, newId } = require('../lib/base/id')
const { isPromise } = require('../lib/base/maybe-async')
const { ONE_DAY_MS } = require('../lib/base/max-age')
const { IdCookie } = require('../lib/compat/id-cookie')
const { KnownData, NOTHING } = require('../lib/compat/known-data')
const { MemoryStore } = require('../lib/compat/memory-store')
const { checkCommon } = require('../lib/compat/options')
const { SharedRecords } = require('../lib/compat/shared-records')
const { Settings } = require('../lib/options/options')

const invalidOption = invalidOptionOf('compat/minimal.d.ts')

const ID_BYTES = 24

/** A session of one request, as koa-session-minimal handles it. */
class MinimalSession {
  #entry
  #ctx
  #cookie
  /** The id that came, and the session's own; the first is undefined if the store does not know it. */
  #oldId
  #id
  #visit
  #known

  constructor (entry, ctx) {
    this.#entry = entry
    this.#ctx = ctx
    this.#cookie = new IdCookie(ctx, entry.settings)
  }

  /** Sets `ctx.session` and `ctx.sessionHandler`. Returns a promise if the store is asked. */
  begin () {
    const ctx = this.#ctx
    ctx.sessionHandler = { regenerateId: () => { this.#id = newId('', ID_BYTES) } }
    const id = this.#cookie.read()
    if (!id || isIdRefused(id, undefined, this.#cookie.hasReadId)) return this.#create()
    return this.#load(id)
  }

  #create () {
    this.#id = newId('', ID_BYTES)
    this.#ctx.session = {}
  }

  async #load (id) {
    this.#visit = this.#entry.records.visit(this.#key(id))
    const data = await this.#entry.call('get', this.#visit.key)
    // An id that a client has made up is not adopted.
    if (!data) return this.#create()
    this.#oldId = this.#id = id
    const session = isObject(data) ? data : {}
    this.#ctx.session = session
    this.#visit.load(this.#known = new KnownData(session))
  }

  #key (id) {
    return `${this.#entry.key}:${id}`
  }

  /** Saves or destroys the session after the app has ended, if it has changed. Returns undefined if it has not. */
  commit () {
    const ctx = this.#ctx
    if (!isObject(ctx.session)) ctx.session = {}
    const isKept = this.#id === this.#oldId
    const isLost = !isKept && this.#oldId !== undefined && this.#visit.isLost
    // Another request has destroyed the session: only what this one has changed gets the new id.
    const session = isLost ? this.#known.merge(ctx.session, NOTHING) : ctx.session
    const isEmpty = Object.keys(session).length === 0
    if (isLost && isEmpty) return announce(this.#cookie.request, 'discarded', this.#oldId)
    // As in the original, the order of keys does not matter.
    if (isKept ? this.#known.isEqual(session) : isEmpty && this.#oldId === undefined) return undefined
    return this.#change(session, isEmpty, isKept)
  }

  async #change (session, isEmpty, isKept) {
    const ctx = this.#ctx
    const attributes = this.#entry.attributes?.(ctx)
    if (this.#oldId !== undefined && (isEmpty || !isKept)) await this.#destroy(attributes, isEmpty)
    if (!isEmpty) await this.#save(session, attributes, isKept)
  }

  async #destroy (attributes, isLast) {
    const { key } = this.#visit
    if (isLast) this.#cookie.clear(attributes)
    await this.#visit.destroy(() => this.#entry.call('destroy', key))
    announce(this.#cookie.request, 'destroyed', this.#oldId)
  }

  async #save (session, attributes, isKept) {
    const key = this.#key(this.#id)
    const maxAge = attributes === undefined ? this.#entry.settings.current.maxAge : attributes.maxAge
    const put = (data) => this.#entry.call('set', key, data, maxAge > 0 ? maxAge : ONE_DAY_MS)
    if (!isKept) {
      // The browser would not get the id.
      if (this.#cookie.blockedBy(attributes) !== undefined) return this.#cookie.send(this.#id, attributes)
      await put(session)
    } else if (!await this.#visit.save(session, put, true)) return announce(this.#cookie.request, 'discarded', this.#id)
    this.#cookie.send(this.#id, attributes)
    announce(this.#cookie.request, 'saved', this.#id, { reason: 'changed' })
  }

  end () {
    this.#visit?.leave()
  }
}

const isObject = (value) => typeof value === 'object' && value !== null

/** What all requests of one `session()` have in common. */
class Entry {
  /** Returns the cookie's attributes for a request; undefined if they are always those of the settings. */
  attributes

  #store

  constructor (options) {
    checkCommon(options, invalidOption)
    const { key, store, cookie, concurrent } = options
    this.key = key || 'koa:sess'
    if (typeof this.key !== 'string') throw invalidOption('key', 'string', key)
    if (cookie != null && typeof cookie !== 'object' && typeof cookie !== 'function') throw invalidOption('cookie', 'object or function', cookie)
    this.#store = store || new MemoryStore()
    this.records = new SharedRecords(this.#store, concurrent ?? undefined)
    const isDynamic = typeof cookie === 'function'
    this.settings = new Settings({ ...attributesOf(isDynamic ? {} : cookie), key: this.key })
    if (isDynamic) this.attributes = (ctx) => attributesOf(cookie(ctx))
  }

  /** Calls a method of the store, which may return a generator, a promise or a value. */
  call (method, ...args) {
    const answer = this.#store[method](...args)
    return isPromise(answer) ? answer : settle(answer)
  }
}

function attributesOf (cookie) {
  const attributes = { maxAge: 0, path: '/', httpOnly: true, ...cookie, overwrite: true, signed: false }
  if (!(attributes.maxAge >= 0)) attributes.maxAge = 0
  return attributes
}

/**
 * Returns the middleware of an app that comes from koa-session-minimal. minimal.d.ts documents it.
 *
 * @param {object} [options] those of koa-session-minimal, and `concurrent`
 * @returns {(ctx: object, next: () => Promise<void>) => Promise<void>}
 * @throws {SessionOptionError} code ERR_SESSION_OPTION
 */
function session (options) {
  const entry = new Entry(options ?? {})
  return async (ctx, next) => {
    const minimalSession = new MinimalSession(entry, ctx)
    try {
      const loading = minimalSession.begin()
      if (loading) await loading
      await next()
      const committing = minimalSession.commit()
      if (committing) await committing
    } finally {
      minimalSession.end()
    }
  }
}

module.exports = session
module.exports.MemoryStore = MemoryStore
