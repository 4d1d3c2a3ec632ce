'use strict'

const { toStoreId } = require('../../base/id')
const { ONE_DAY_MS } = require('../../base/max-age')
const { KIND } = require('./batch')
const { storeError } = require('./error')

const WRITE = {
  id: (batch, id) => batch.text(toStoreId(id)),
  record: (batch, id, json) => batch.text(toStoreId(id)).text(json),
  nothing () {}
}

/** Sessions as koa-redis stores them, each as JSON in a key of its own: RedisStore's `format: 'json'`. */
class PlainRecords {
  #transport
  #prefix

  constructor (transport, prefix) {
    this.#transport = transport
    this.#prefix = prefix
  }

  async get (id) {
    const json = await this.#transport.ask(KIND.GET_PLAIN, 0, WRITE.id, id)
    // As in koa-redis, invalid JSON is no session.
    try { return json === undefined ? undefined : JSON.parse(json) } catch {}
  }

  async set (id, session, maxAge) {
    const ttlMs = Number.isFinite(maxAge) ? maxAge : ONE_DAY_MS
    await this.#transport.ask(KIND.SET_PLAIN, ttlMs, WRITE.record, id, JSON.stringify(session))
  }

  destroy (id) {
    return this.#transport.ask(KIND.DESTROY_PLAIN, 0, WRITE.id, id)
  }

  async clear () {
    // Without a prefix, it would remove all keys of the database.
    if (this.#prefix === '') throw storeError('prefix')
    await this.#transport.ask(KIND.CLEAR_PLAIN, 0, WRITE.nothing)
  }
}

module.exports = { PlainRecords }
