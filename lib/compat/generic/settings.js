'use strict'

const { invalidOptionOf } = require('../../base/errors')
const { newId } = require('../../base/id')
const { Settings } = require('../../options/options')
const { KnownData } = require('../known-data')
const { MemoryStore } = require('../memory-store')
const { checkCommon } = require('../options')
const { SharedRecords } = require('../shared-records')
const { ID_BYTES, renameMaxage, withDefaults } = require('./attributes')
const { Connection, GenericStore } = require('./store')

const invalidOption = invalidOptionOf('compat/generic.d.ts')

/** That of koa-generic-session, whose memory store is described here too. */
const WARNING = "Warning: koa-generic-session's MemoryStore is not\n" +
  'designed for a production environment, as it will leak\n' +
  'memory, and will not scale past a single process.'

/** The key of a ctx's property that has its GenericSession. */
const SESSION = Symbol('koa-session-rs generic session')

/** What all requests of one `session()` have in common. */
class Entry {
  #cookie
  #empty

  constructor (options) {
    checkCommon(options, invalidOption)
    checkOptions(options)
    const { key, store, cookie, concurrent } = options
    const client = store || new MemoryStore()
    if (process.env.NODE_ENV === 'production' && client instanceof MemoryStore) console.warn(WARNING)
    this.#cookie = withDefaults(cookie)
    this.records = new SharedRecords(client, concurrent ?? undefined)
    this.store = new GenericStore(client, { prefix: options.prefix ?? 'koa:sess:', ttl: options.ttl, cookie: this.#cookie }, this.records)
    this.connection = new Connection(this.store, options.reconnectTimeout || 10000)
    this.settings = new Settings({ ...renamed(this.#cookie), key: key || 'koa.sid' })
    this.isOwnCookie = !options.sessionIdStore
    this.ids = options.sessionIdStore || this.#cookieIds()
    this.genSid = options.genSid || (() => newId('', ID_BYTES))
    this.valid = options.valid || (() => true)
    this.beforeSave = options.beforeSave || (() => {})
    this.errorHandler = options.errorHandler || throwNamed
    this.rolling = options.rolling
    this.allowEmpty = options.allowEmpty
    this.#empty = new KnownData(this.newSession())
  }

  /** Returns whether a new session has been left as it was. */
  isEmpty (session) {
    return this.#empty.isSame(session)
  }

  /** Makes a session without data. Its cookie's attributes can be changed by the app. */
  newSession () {
    return { cookie: renameMaxage({ ...this.#cookie }) }
  }

  /** Returns the attributes of a session's cookie: the options' where the app has assigned a session without them. */
  attributesOf (session) {
    return session.cookie ?? this.#cookie
  }

  /** Returns the default `sessionIdStore`, which keeps the id in the cookie. Its methods are called on the ctx. */
  #cookieIds () {
    const cookieOf = (ctx) => ctx[SESSION].cookie
    const attributesOf = (session) => this.attributesOf(session)
    return {
      get () { return cookieOf(this).read() },
      set (id, session) { cookieOf(this).send(id, attributesOf(session)) },
      // As in the original, with the default attributes, whatever the options say.
      reset () { cookieOf(this).clear({ signed: Boolean(this.app.keys), httpOnly: true, path: '/' }) }
    }
  }

  /** Returns whether a request is below the cookie's path. */
  matches ({ path }) {
    const { path: own = '/' } = this.#cookie
    // Also the path `*` of OPTIONS.
    return own === '/' || path.startsWith(own || '/')
  }

  /** Adds what koa-generic-session adds to a ctx, except for `ctx.session`. */
  extend (ctx, session) {
    ctx[SESSION] = session
    ctx._sessionSave = null
    Object.defineProperty(ctx, 'sessionSave', {
      get () { return this._sessionSave },
      set (value) { this._sessionSave = value },
      configurable: true
    })
  }
}

function checkOptions (options) {
  for (const name of ['genSid', 'errorHandler', 'valid', 'beforeSave']) {
    if (options[name] && typeof options[name] !== 'function') throw invalidOption(name, 'function', options[name])
  }
  for (const name of ['key', 'prefix']) {
    if (options[name] != null && typeof options[name] !== 'string') throw invalidOption(name, 'string', options[name])
  }
  for (const name of ['get', 'set', 'reset']) {
    const { sessionIdStore } = options
    if (sessionIdStore && typeof sessionIdStore[name] !== 'function') throw invalidOption(`sessionIdStore.${name}`, 'function', sessionIdStore[name])
  }
}

const renamed = (attributes) => renameMaxage({ ...attributes })

/** The default `errorHandler`. */
function throwNamed (err, operation) {
  try {
    err.name = `koa-generic-session ${operation} error`
  } catch {
    // The error's name cannot be set.
  }
  throw err
}

module.exports = { Entry, SESSION }
