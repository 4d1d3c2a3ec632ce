'use strict'

const { toStoreId } = require('../../base/id')
const { toSubject } = require('../../base/subject')
const { storeError } = require('./answers')
const { FLAG, KIND } = require('./batch')
const { completeRedisOptions } = require('./options')
const { STORE } = require('../../base/store-contract')
const { SessionStore } = require('../session-store')

const ONE_DAY_MS = 24 * 60 * 60 * 1000

const WRITE = {
  id: (batch, id) => batch.text(toStoreId(id)),
  record: (batch, id, record) => batch.text(toStoreId(id)).record(record),
  changes: (batch, id, changes) => batch.text(toStoreId(id)).changes(changes),
  move: (batch, oldId, newId, changes) => batch.text(toStoreId(oldId)).text(toStoreId(newId)).changes(changes),
  subject: (batch, subject) => batch.text(toSubject(subject)),
  except: (batch, subject, hash) => batch.text(toSubject(subject)).optional(hash, FLAG.HAS_HASH),
  only: (batch, subject, hash) => batch.text(toSubject(subject)).text(hash),
  nothing () {},
  plain: (batch, id, json) => batch.text(toStoreId(id)).text(json)
}

/** Sessions in Redis; stores/redis.d.ts has the words. */
class RedisStore extends SessionStore {
  #transport
  #isPlain
  #hasPrefix

  constructor (options) {
    super()
    const { client, connection, keys, isPlain } = completeRedisOptions(options)
    this.#isPlain = isPlain
    this.#hasPrefix = keys.prefix !== ''
    if (client !== undefined) {
      const { ClientTransport } = require('./client-driver')
      this.#transport = new ClientTransport(client, keys)
    } else {
      const { Transport } = require('./transport')
      this.#transport = new Transport(connection, keys)
    }
    // What is stored as koa-session stores it has koa-session's three methods alone.
    if (isPlain) Object.defineProperty(this, STORE, { value: undefined })
  }

  async create (id, record, ttlMs) {
    const result = await this.#transport.ask(KIND.CREATE, ttlMs, WRITE.record, id, record)
    return typeof result === 'object' ? { rev: result.rev } : result
  }

  load (id) {
    return this.#transport.ask(KIND.LOAD, 0, WRITE.id, id)
  }

  merge (id, changes, ttlMs) {
    return this.#transport.ask(KIND.MERGE, ttlMs, WRITE.changes, id, changes)
  }

  touch (id, ttlMs) {
    return this.#transport.ask(KIND.TOUCH, ttlMs, WRITE.id, id)
  }

  regenerate (oldId, newId, changes, ttlMs) {
    return this.#transport.ask(KIND.REGENERATE, ttlMs, WRITE.move, oldId, newId, changes)
  }

  destroy (id) {
    if (this.#isPlain) return this.#transport.ask(KIND.DESTROY_PLAIN, 0, WRITE.id, id)
    return this.#transport.ask(KIND.DESTROY, 0, WRITE.id, id)
  }

  list (subject) {
    return this.#transport.ask(KIND.LIST, 0, WRITE.subject, subject)
  }

  async destroyAll (subject, { except, only } = {}) {
    if (only === undefined) return this.#transport.ask(KIND.DESTROY_EXCEPT, 0, WRITE.except, subject, except)
    return only === except ? 0 : this.#transport.ask(KIND.DESTROY_ONLY, 0, WRITE.only, subject, only)
  }

  async clear () {
    // Without a prefix, all keys of the database would be sessions.
    if (this.#isPlain && !this.#hasPrefix) throw storeError('prefix')
    await this.#transport.ask(this.#isPlain ? KIND.CLEAR_PLAIN : KIND.CLEAR, 0, WRITE.nothing)
  }

  async close () {
    await this.#transport.close()
  }

  async get (id) {
    if (!this.#isPlain) return super.get(id)
    const json = await this.#transport.ask(KIND.GET_PLAIN, 0, WRITE.id, id)
    // What is no JSON is no session, to koa-redis as well.
    try { return json === undefined ? undefined : JSON.parse(json) } catch {}
  }

  async set (id, session, maxAge) {
    if (!this.#isPlain) return super.set(id, session, maxAge)
    const ttlMs = Number.isFinite(maxAge) ? maxAge : ONE_DAY_MS
    await this.#transport.ask(KIND.SET_PLAIN, ttlMs, WRITE.plain, id, JSON.stringify(session))
  }
}

module.exports = { RedisStore }
