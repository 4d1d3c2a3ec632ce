'use strict'

/**
 * Revocations of sessions that are kept in cookies: after a logout, a copied cookie is not accepted either. A store has an entry for each
 * session that was ended, by the hash of its id, and one for each subject whose sessions were ended, with a time: its sessions that
 * authenticated before that time are refused. Entries live as long as the absolute timeout, after which no copy is valid anyway.
 */

const { now } = require('../base/clock')
const { invalidOptionOf } = require('../base/errors')
const { hashed } = require('../base/events')
const { callHook } = require('../base/hook')
const { STORE_GRACE_MS } = require('../base/max-age')
const { toSubject } = require('../base/subject')

const invalidOption = invalidOptionOf('docs/security.md#logout-without-a-store')

const METHODS = ['get', 'set', 'destroy']

/** @type {WeakMap<object, Revocations>} by the store that an app gave as the option */
const byStore = new WeakMap()

/** The revocations in one store. */
class Revocations {
  #store
  #prefix
  #absoluteTimeout
  /**
   * The time in the last entry of a subject that this process wrote. A later login gets at least this time, so that it stays valid even
   * in the same millisecond.
   */
  #lastRevoked = -Infinity

  /**
   * @param {{ store: object, prefix?: string, absoluteTimeout?: number }} options absoluteTimeout: milliseconds; `revokeSubject` needs it
   *   if no `session()` of this process uses these revocations
   * @throws {SessionOptionError}
   */
  constructor ({ store, prefix = 'revoked:', absoluteTimeout } = {}) {
    const missing = METHODS.find((name) => typeof store?.[name] !== 'function')
    if (missing !== undefined) throw invalidOption(`store.${missing}`, 'function', store?.[missing])
    if (typeof prefix !== 'string') throw invalidOption('prefix', 'string', prefix)
    if (absoluteTimeout !== undefined && !(Number.isFinite(absoluteTimeout) && absoluteTimeout > 0)) {
      throw invalidOption('absoluteTimeout', 'positive number of milliseconds', absoluteTimeout)
    }
    this.#store = store
    this.#prefix = prefix
    this.#absoluteTimeout = absoluteTimeout
  }

  /**
   * Returns the Revocations for the option `revocations`: its value, or, if that is a store, the Revocations in this store.
   *
   * @param {Revocations|object} given
   * @param {number} absoluteTimeout of the session
   */
  static of (given, absoluteTimeout) {
    let revocations = given
    if (!(given instanceof Revocations)) {
      revocations = byStore.get(given) ?? new Revocations({ store: given })
      byStore.set(given, revocations)
    }
    // Several `session()` may share the entries, which then live as long as the longest absolute timeout.
    revocations.#absoluteTimeout = Math.max(revocations.#absoluteTimeout ?? 0, absoluteTimeout)
    return revocations
  }

  /** Returns whether a value is revocations, or a store for them. */
  static isGiven (value) {
    return value instanceof Revocations || METHODS.every((name) => typeof value?.[name] === 'function')
  }

  /** Returns the time for an authentication that happens now: the clock's, but at least that of the last revocation by this process. */
  get authenticationTime () { return Math.max(now(), this.#lastRevoked) }

  /**
   * Ends all sessions of a subject that have authenticated until now.
   *
   * @param {string|number|bigint} subject
   * @returns {Promise<void>}
   * @throws {SessionOptionError} if it is not known how long sessions live
   */
  async revokeSubject (subject) {
    const ttl = this.#ttl
    const key = this.#subjectKey(toSubject(subject))
    // One millisecond more, so that a session that authenticated in this millisecond ends too.
    const before = this.authenticationTime + 1
    this.#lastRevoked = before
    const earlier = await callHook(() => this.#store.get(key, ttl, {}))
    await this.#set(key, { before: Math.max(before, earlier?.before ?? 0) }, ttl)
  }

  /** Ends a session by its id. */
  async revokeSession (id) {
    await this.#set(this.#sessionKey(id), { revoked: true }, this.#ttl)
  }

  /**
   * Returns whether a session was revoked: asks for its id and its subject at once.
   *
   * @param {{ id?: string, subject: string|null, authenticatedAt?: number }} session
   */
  async isRevoked ({ id, subject, authenticatedAt = -Infinity }) {
    const ttl = this.#ttl
    const ask = (key) => callHook(() => this.#store.get(key, ttl, {}))
    const [session, all] = await Promise.all([
      id === undefined ? undefined : ask(this.#sessionKey(id)),
      subject === null ? undefined : ask(this.#subjectKey(subject))
    ])
    return Boolean(session) || (Boolean(all) && !(authenticatedAt >= all.before))
  }

  get #ttl () {
    if (this.#absoluteTimeout !== undefined) return this.#absoluteTimeout + STORE_GRACE_MS
    throw invalidOption('absoluteTimeout', 'given to new Revocations(), since no session() of this process has it', undefined)
  }

  #sessionKey (id) { return `${this.#prefix}${hashed(id)}` }
  #subjectKey (subject) { return `${this.#prefix}subject:${hashed(subject)}` }

  #set (key, entry, ttl) {
    return callHook(() => this.#store.set(key, { ...entry, _expire: now() + ttl, _maxAge: ttl }, ttl, { changed: true }))
  }
}

module.exports = { Revocations }
