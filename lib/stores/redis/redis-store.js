'use strict'

const { toStoreId } = require('../../base/id')
const { toSubject } = require('../../base/subject')
const { created } = require('../answers')
const { KIND } = require('./batch')
const { completeRedisOptions } = require('./options')
const { PlainRecords } = require('./plain-records')
const { STORE } = require('../../base/store-contract')
const { destroyAll } = require('../destroy-all')
const { SessionStore } = require('../session-store')

const WRITE = {
  id: (batch, id) => batch.text(toStoreId(id)),
  record: (batch, id, record) => batch.text(toStoreId(id)).record(record),
  changes: (batch, id, changes) => batch.text(toStoreId(id)).changes(changes),
  move: (batch, oldId, newId, changes) => batch.text(toStoreId(oldId)).text(toStoreId(newId)).changes(changes),
  subject: (batch, subject) => batch.text(toSubject(subject)),
  except: (batch, subject, hash) => batch.text(toSubject(subject)).optional(hash),
  only: (batch, subject, hash) => batch.text(toSubject(subject)).text(hash),
  nothing () {}
}

/** Sessions in Redis; documented in stores/redis.d.ts. */
class RedisStore extends SessionStore {
  #transport
  /** The records in koa-redis's format, with `format: 'json'`. */
  #plain

  constructor (options) {
    super()
    const { client, connection, keys, isPlain } = completeRedisOptions(options)
    if (client !== undefined) {
      const { ClientTransport } = require('./client-driver')
      this.#transport = new ClientTransport(client, keys)
    } else {
      const { Transport } = require('./transport')
      this.#transport = new Transport(connection, keys)
    }
    if (!isPlain) return
    this.#plain = new PlainRecords(this.#transport, keys.prefix)
    // Not a session store: it only has koa-session's three methods.
    Object.defineProperty(this, STORE, { value: undefined })
  }

  async create (id, record, ttlMs) {
    return created(await this.#transport.ask(KIND.CREATE, ttlMs, WRITE.record, id, record))
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
    if (this.#plain) return this.#plain.destroy(id)
    return this.#transport.ask(KIND.DESTROY, 0, WRITE.id, id)
  }

  list (subject) {
    return this.#transport.ask(KIND.LIST, 0, WRITE.subject, subject)
  }

  async destroyAll (subject, which = {}) {
    return destroyAll(this, subject, which, () => this.#destroyAll(subject, which))
  }

  async #destroyAll (subject, { except, only }) {
    if (only === undefined) return this.#transport.ask(KIND.DESTROY_EXCEPT, 0, WRITE.except, subject, except)
    return only === except ? 0 : this.#transport.ask(KIND.DESTROY_ONLY, 0, WRITE.only, subject, only)
  }

  async clear () {
    await (this.#plain ? this.#plain.clear() : this.#transport.ask(KIND.CLEAR, 0, WRITE.nothing))
  }

  async close () {
    await this.#transport.close()
  }

  async get (id) {
    return this.#plain ? this.#plain.get(id) : super.get(id)
  }

  async set (id, session, maxAge) {
    return this.#plain ? this.#plain.set(id, session, maxAge) : super.set(id, session, maxAge)
  }
}

module.exports = { RedisStore }
