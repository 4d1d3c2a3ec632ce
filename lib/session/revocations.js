'use strict'

/**
 * Revocations of sessions that live in cookies: a logout that a copied cookie does not survive. A store has an entry for each session
 * that ended, by the hash of its id, and one for each subject whose sessions have ended, with a time: sessions that authenticated before
 * it do not count. Entries live as long as the absolute timeout, after which no copy is valid anyway.
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
  /** The time of the last revocation of a subject by this process, so that who logs in in the same millisecond is not revoked. */
  #lastRevoked = -Infinity

  /**
   * @param {{ store: object, prefix?: string, absoluteTimeout?: number }} options absoluteTimeout: milliseconds, for `revokeSubject` where
   *   no `session()` of this process has told it
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
   * Returns the revocations for the option of that name: itself, or those in a store.
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
    // Several sessions may share the entries: these live for the longest.
    revocations.#absoluteTimeout = Math.max(revocations.#absoluteTimeout ?? 0, absoluteTimeout)
    return revocations
  }

  /** Returns whether a value is revocations, or a store for them. */
  static isGiven (value) {
    return value instanceof Revocations || METHODS.every((name) => typeof value?.[name] === 'function')
  }

  /** Returns the time of an authentication now: not before the last revocation by this process. */
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
    // A session that authenticated in this millisecond is to end too.
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
