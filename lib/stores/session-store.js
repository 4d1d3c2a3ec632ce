'use strict'

const { setTimeout } = require('node:timers/promises')

const binding = require('../native/binding')
const { now } = require('../base/clock')
const { enclose } = require('../session/envelope')
const { sessionError } = require('../base/errors')
const { toJson } = require('../session/json')
const { ONE_DAY_MS } = require('../base/max-age')
const { KeyedMutex } = require('../base/keyed-mutex')
const { STORE } = require('../base/store-contract')

/** How often `set` tries if others create, write or destroy the record at the same time. */
const ATTEMPTS = 16

/**
 * The base class of our session stores: the mark, and koa-session's `get` and `set`, so that a store also works with koa-session
 * itself. A subclass has the methods of the contract (index.d.ts: `SessionStore`).
 */
class SessionStore {
  /** Calls of `set` with the same id run one after another. */
  #mutex = new KeyedMutex()

  get [STORE] () { return 1 }

  /**
   * Loads a session as koa-session's stores do.
   *
   * @param {string} id
   * @returns {Promise<object|undefined>} the data, with `_expire` and `_maxAge` or with `_session`; undefined if there is none
   */
  async get (id) {
    const loaded = await this.load(id)
    if (!isLive(loaded)) return undefined
    return enclose(JSON.parse(loaded.data), loaded.maxAge, loaded.expire)
  }

  /**
   * Stores a session as koa-session's stores do: replaces the whole record, or creates one.
   *
   * @param {string} id
   * @param {object} session the data, with `_expire` and `_maxAge` or with `_session`
   * @param {number|'session'} [maxAge] milliseconds; a day if it is not a number
   * @throws {Error} code ERR_SESSION_STORE, reason 'busy', if other processes keep writing the session meanwhile
   */
  async set (id, session, maxAge) {
    const ttl = Number.isFinite(maxAge) ? maxAge : ONE_DAY_MS
    const record = toRecord(session, maxAge)
    return this.#mutex.run(id, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const loaded = await this.load(id)
        const isKnown = isLive(loaded)
        const result = isKnown ? await this.merge(id, replacing(loaded, record), ttl) : await this.create(id, record, ttl)
        if (typeof result === 'object' && (!isKnown || isWhole(loaded, record, result))) return
        // A random pause, so that two processes do not keep interrupting each other.
        await setTimeout(Math.random() * attempt)
      }
      const error = sessionError('ERR_SESSION_STORE', 'other processes kept writing the session during set()')
      throw Object.assign(error, { reason: 'busy' })
    })
  }
}

function isLive (loaded) {
  return loaded !== undefined && loaded.expire >= now()
}

/** Makes a record of the arguments of koa-session's `set`. */
function toRecord (session, given) {
  const { _expire, _maxAge, _session, ...data } = session
  let maxAge = 'session'
  if (_session !== true) maxAge = [_maxAge, given].find(Number.isFinite) ?? 'session'
  return { data: toJson(data), maxAge }
}

/** Returns the changes from one record to another. If one key differs, all are set, since others may write at the same time. */
function replacing (loaded, { data, maxAge }) {
  const [set, gone] = binding.difference(loaded.data, data) ?? ['', '']
  const changes = { base: loaded.rev, set: set && data, delete: gone ? JSON.parse(gone) : [] }
  return maxAge === loaded.maxAge ? changes : { ...changes, maxAge }
}

/** Returns whether no other request wrote between the load and the merge: its keys would stay in the record. */
function isWhole (loaded, record, { rev }) {
  return rev === loaded.rev + (binding.difference(loaded.data, record.data) ? 1 : 0)
}

module.exports = { SessionStore }
