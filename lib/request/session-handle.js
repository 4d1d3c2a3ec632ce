'use strict'

const { now } = require('../base/clock')
const { sessionError } = require('../base/errors')
const { hashed } = require('../base/events')
const { authenticationTime } = require('./commit')
const { sessionOf } = require('./context-properties')
const { revoke, revokes } = require('./revoking')

/** What `session.of(ctx)` returns: the operations on a session besides reading and writing its data. */
class SessionHandle {
  #contextSession

  constructor (contextSession) {
    this.#contextSession = contextSession
  }

  /** Returns the id under which the store has the session; undefined without a store. */
  get id () { return this.#contextSession.session === null ? this.#contextSession.id : this.#contextSession.externalKey }

  /** Returns whether there was no session before this request; undefined before it is loaded, and after null. */
  get isNew () { return this.#contextSession.session?.isNew }

  /** Returns when the session was created, in milliseconds; undefined without a timeout, and before the first save. */
  get createdAt () { return this.#times?.createdAt }

  /** Returns when the user authenticated last, in milliseconds; undefined if that is not known. */
  get authenticatedAt () { return this.#times?.authenticatedAt }

  /** Returns when the session ends, in milliseconds: the nearest of its limits; undefined if there is none. */
  get expiresAt () {
    const times = this.#times
    const { session, maxAge } = this.#contextSession
    const expire = session?._expire ?? (typeof maxAge === 'number' ? now() + maxAge : Infinity)
    const end = Math.min(expire, times?.endsAt ?? Infinity)
    return Number.isFinite(end) ? end : undefined
  }

  /** Returns whether the user has authenticated within the last `ms` milliseconds. */
  isFresh (ms) {
    return now() - this.authenticatedAt <= ms
  }

  /** Notes that the user has authenticated now, and gives the session a new id. */
  async authenticate () {
    await this.#contextSession.load()
    const times = this.#times
    if (times === undefined) throw sessionError('ERR_SESSION_TIMES', 'authenticate() needs the option absoluteTimeout or idleTimeout')
    times.authenticate(authenticationTime(this.#contextSession))
    return this.#contextSession.commit({ regenerate: true })
  }

  /** Loads the session, unless it is loaded, and resolves to `ctx.session`. */
  async load () {
    await this.#contextSession.load()
    return this.#contextSession.get()
  }

  /** Drops this request's changes, loads the session again, and resolves to `ctx.session`. */
  async reload () {
    await this.#contextSession.reload()
    return this.#contextSession.get()
  }

  /** Destroys the session at once: its record and its cookie. */
  async destroy () {
    // Only a session that was opened can be revoked.
    if (revokes(this.#contextSession)) await this.#contextSession.load()
    this.#contextSession.set(null)
    return this.#contextSession.commit()
  }

  /** Sets the session's expiry to now plus its maxAge, and saves it even if nothing changed. */
  async touch () {
    await this.#contextSession.load()
    return this.#contextSession.commit({ save: true })
  }

  /**
   * Gives the session a new id, and destroys the record under the old one.
   *
   * @param {{ clear?: boolean, keep?: string[] }} [how] clear: removes its data; keep: the only keys that stay
   */
  async regenerate ({ clear = false, keep } = {}) {
    await this.#contextSession.load()
    return this.#contextSession.commit({ regenerate: true, keep: keep ?? (clear ? [] : undefined) })
  }

  /** Saves the session if there is a reason to. */
  commit () { return this.#contextSession.commit() }

  /**
   * Lists the sessions of this session's subject, the oldest first; none if it has no subject.
   *
   * @returns {Promise<{ hash: string, created: number, seen: number, label?: string, current: boolean }[]>}
   */
  async list () {
    const records = await this.#loadListing()
    const ownHash = hashed(this.id)
    return (await records.list()).map((listed) => ({ ...listed, current: listed.hash === ownHash }))
  }

  /** Destroys a session of the same subject by its hash, as `list` returns it. Resolves to whether there was one. */
  async revoke (hash) {
    const records = await this.#loadListing()
    if (hash === hashed(this.id)) {
      await this.destroy()
      return true
    }
    return await records.destroyAll({ only: String(hash) }, 'revoke') > 0
  }

  /** Destroys all other sessions of the same subject, and resolves to their number; with `revocations`, to undefined. */
  async revokeOthers () {
    if (await this.#loadRevoking()) {
      await revoke().revokeSubject(this.#contextSession)
      return this.authenticate()
    }
    const records = await this.#loadListing()
    return records.destroyAll({ except: hashed(this.id) }, 'revokeOthers')
  }

  /** Destroys all sessions of the same subject, this one too, and resolves to their number; with `revocations`, to undefined. */
  async revokeAll () {
    if (await this.#loadRevoking()) {
      await revoke().revokeSubject(this.#contextSession)
      return this.destroy()
    }
    const records = await this.#loadListing()
    const others = await records.destroyAll({ except: hashed(this.id) }, 'revokeAll')
    const hadRecord = this.#contextSession.isStored
    await this.destroy()
    return others + (hadRecord ? 1 : 0)
  }

  /** Loads the session. Returns whether it lives in its cookie, and is revoked by the option `revocations`. */
  async #loadRevoking () {
    await this.#contextSession.load()
    return revokes(this.#contextSession)
  }

  /** Returns the times of the session; undefined without a timeout. In cookie mode, the first call opens the cookie. */
  get #times () {
    const { records, session } = this.#contextSession
    if (records === undefined && session === undefined) this.#contextSession.get()
    return this.#contextSession.times
  }

  /** Loads the session, and returns its store. Throws unless that has an index of subjects. */
  async #loadListing () {
    await this.#contextSession.load()
    const { records, options } = this.#contextSession
    if (options.subject != null && records?.hasSubjectIndex) return records
    throw sessionError('ERR_SESSION_SUBJECT', 'to list sessions needs the option subject and a session store')
  }
}

/**
 * Returns the handle of a request's session.
 *
 * @param {object} ctx
 * @param {string} [name] the option `as` of the session
 * @throws {Error} code ERR_SESSION_UNKNOWN
 */
function of (ctx, name = 'session') {
  return new SessionHandle(sessionOf(ctx, name))
}

module.exports = { of }
