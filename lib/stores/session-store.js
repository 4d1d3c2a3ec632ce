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

/** How often `set` tries where others create, write or destroy the record at the same time. */
const ATTEMPTS = 16

/**
 * What all session stores have in common: the mark, and koa-session's `get` and `set` over the contract's methods, so that
 * a store may also be put into koa-session itself. A subclass has the contract (index.d.ts: `SessionStore`).
 */
class SessionStore {
  /** The calls of `set`: those of one id wait for each other. */
  #mutex = new KeyedMutex()

  get [STORE] () { return 1 }

  /**
   * Gives a session as koa-session's stores do.
   *
   * @param {string} id
   * @returns {Promise<object|undefined>} the data, with `_expire` and `_maxAge` or with `_session`; undefined where there is none
   */
  async get (id) {
    const loaded = await this.load(id)
    if (!isLive(loaded)) return undefined
    return enclose(JSON.parse(loaded.data), loaded.maxAge, loaded.expire)
  }

  /**
   * Stores a session as koa-session's stores do: what was stored before is replaced whole, and a new record made where
   * there is none.
   *
   * @param {string} id
   * @param {object} session the data, with `_expire` and `_maxAge` or with `_session`
   * @param {number|'session'} [maxAge] milliseconds; a day where there is no number
   * @throws {Error} code ERR_SESSION_STORE, reason 'busy', where other processes kept writing the session meanwhile
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
        // Two processes that took turns would go on doing so.
        await setTimeout(Math.random() * attempt)
      }
      const error = sessionError('ERR_SESSION_STORE', 'other processes kept writing the session that was to be set')
      throw Object.assign(error, { reason: 'busy' })
    })
  }
}

function isLive (loaded) {
  return loaded !== undefined && loaded.expire >= now()
}

/** Makes the record of a session that is given as koa-session's stores are given it. */
function toRecord (session, given) {
  const { _expire, _maxAge, _session, ...data } = session
  let maxAge = 'session'
  if (_session !== true) maxAge = [_maxAge, given].find(Number.isFinite) ?? 'session'
  return { data: toJson(data), maxAge }
}

/** Gives the changes that make a record this one. All keys are set where one differs: others may write at this moment. */
function replacing (loaded, { data, maxAge }) {
  const [set, gone] = binding.difference(loaded.data, data) ?? ['', '']
  const changes = { base: loaded.rev, set: set && data, delete: gone ? JSON.parse(gone) : [] }
  return maxAge === loaded.maxAge ? changes : { ...changes, maxAge }
}

/** Tells whether nobody else wrote between the load and the merge: keys of theirs would stay. */
function isWhole (loaded, record, { rev }) {
  return rev === loaded.rev + (binding.difference(loaded.data, record.data) ? 1 : 0)
}

module.exports = { SessionStore }
