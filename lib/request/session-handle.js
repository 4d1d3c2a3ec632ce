'use strict'

const { sessionError } = require('../base/errors')
const { announce, hashed, publish } = require('../base/events')
const { sessionOf } = require('./context-properties')

/**
 * What can be done to a session beside using its data: `session.of(ctx)`.
 */
class SessionHandle {
  #contextSession

  constructor (contextSession) {
    this.#contextSession = contextSession
  }

  /** Returns the id under which the store has the session; undefined without a store. */
  get id () { return this.#contextSession.session === null ? this.#contextSession.id : this.#contextSession.externalKey }

  /** Returns whether there was no session before this request; undefined before it is loaded, and after null. */
  get isNew () { return this.#contextSession.session?.isNew }

  /** Loads the session, where that has not been done, and gives it: what `ctx.session` is then. */
  async load () {
    await this.#contextSession.load()
    return this.#contextSession.get()
  }

  /** Drops what this request did to the session, loads it again, and gives it. */
  async reload () {
    await this.#contextSession.reload()
    return this.#contextSession.get()
  }

  /** Destroys the session now: its record and its cookie. */
  async destroy () {
    this.#contextSession.set(null)
    return this.#contextSession.commit()
  }

  /** Moves the session's expiry to now and its maxAge, whether it changed or not. */
  async touch () {
    await this.#contextSession.load()
    return this.#contextSession.commit({ save: true })
  }

  /**
   * Gives the session a new id, and destroys the record under the old one.
   *
   * @param {{ clear?: boolean, keep?: string[] }} [how] clear: without its data; keep: the keys that stay nevertheless
   */
  async regenerate ({ clear = false, keep } = {}) {
    await this.#contextSession.load()
    return this.#contextSession.commit({ regenerate: true, keep: keep ?? (clear ? [] : undefined) })
  }

  /** Saves the session if it has to be. */
  commit () { return this.#contextSession.commit() }

  /**
   * Lists the sessions of this one's subject, the oldest first; none where it is nobody's.
   *
   * @returns {Promise<{ hash: string, created: number, seen: number, label?: string, current: boolean }[]>}
   */
  async list () {
    const records = await this.#listed()
    const own = hashed(this.id)
    return (await records.list()).map((listed) => ({ ...listed, current: listed.hash === own }))
  }

  /** Destroys a session of the same subject, by its hash as `list` gives it. Returns whether there was one. */
  async revoke (hash) {
    const records = await this.#listed()
    if (hash === hashed(this.id)) {
      await this.destroy()
      return true
    }
    const isRevoked = await records.destroyAll({ only: String(hash) }) > 0
    if (isRevoked) {
      announce(this.#contextSession, 'destroyed', undefined, { key: hash })
      publish(this.#contextSession, 'destroy', undefined, { key: hash })
    }
    return isRevoked
  }

  /** Destroys all other sessions of the same subject, and gives how many there were. */
  async revokeOthers () {
    const records = await this.#listed()
    return records.destroyAll({ except: hashed(this.id) })
  }

  /** Returns the store of the session, loaded, where it can list. */
  async #listed () {
    await this.#contextSession.load()
    const { records, options } = this.#contextSession
    if (options.subject != null && records?.lists) return records
    throw sessionError('ERR_SESSION_SUBJECT', 'sessions are listed with the option subject, and a session store')
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
