'use strict'

const binding = require('../native/binding')
const { expiryOf } = require('../base/clock')
const { withoutEnvelope, enclose } = require('../session/envelope')
const { VERDICT } = require('../base/events')
const { validate } = require('../session/validate')
const { toJson } = require('../session/json')
const { STORE_GRACE_MS, isMaxAge, lifetimeOf } = require('../base/max-age')
const { KeyedMutex } = require('../base/keyed-mutex')

/** @type {WeakMap<object, KeyedMutex>} a mutex for each id, by the store or the ContextStore class */
const mutexes = new WeakMap()

/**
 * Makes a session store of a record store, for one request (option `merge`). Under a mutex for each id, every write reads the
 * record again and merges into that. What another process writes between the read and the write is lost.
 */
class SerialStore {
  #contextSession
  #store
  #mutex
  /** The JSON of each id's data, as this request has read or written them last. */
  #jsonById = new Map()

  /**
   * @param {import('../request/context-session').ContextSession} contextSession
   * @param {object} store
   * @param {object} owner the store, or the ContextStore class: what requests share
   */
  constructor (contextSession, store, owner) {
    this.#contextSession = contextSession
    this.#store = store
    if (!mutexes.has(owner)) mutexes.set(owner, new KeyedMutex())
    this.#mutex = mutexes.get(owner)
  }

  async load (id) {
    const record = await this.#read(id)
    if (record === undefined) return undefined
    const { data, maxAge } = this.#open(record)
    const text = toJson(data)
    this.#jsonById.set(id, text)
    return { data: text, rev: 0, expire: record._expire, maxAge }
  }

  async create (id, { data, maxAge }, ttl) {
    return this.#mutex.run(id, () => this.#write(id, JSON.parse(data), maxAge, ttl, true))
  }

  async merge (id, changes, ttl) {
    return this.#mutex.run(id, async () => {
      const stored = await this.#readLive(id)
      return stored === undefined ? 'missing' : this.#writeMerged(id, id, stored, changes, ttl)
    })
  }

  async touch (id, ttl) {
    const merged = await this.merge(id, { set: '', delete: [] }, ttl)
    return merged === 'missing' ? merged : { maxAge: merged.maxAge }
  }

  async regenerate (oldId, newId, changes, ttl) {
    return this.#mutex.run(oldId, async () => {
      const stored = await this.#readLive(oldId)
      if (stored === undefined) return 'missing'
      const merged = await this.#writeMerged(oldId, newId, stored, changes, ttl)
      if (newId !== oldId) await this.#destroy(oldId)
      return merged
    })
  }

  async destroy (id) {
    return this.#mutex.run(id, async () => {
      const stored = await this.#readLive(id)
      await this.#destroy(id)
      return stored !== undefined
    })
  }

  async #read (id) {
    const { ctx, options, maxAge } = this.#contextSession
    const record = await this.#store.get(id, maxAge, { ctx, rolling: options.rolling })
    return typeof record === 'object' && record !== null && !Array.isArray(record) ? record : undefined
  }

  async #readLive (id) {
    const record = await this.#read(id)
    // Without the app's own `valid`, which was called at the load.
    return record !== undefined && validate(WITHOUT_VALID, record) === VERDICT.VALID ? record : undefined
  }

  async #writeMerged (from, to, record, changes, ttl) {
    const { data, maxAge } = this.#open(record)
    const isChanged = changes.set !== '' || changes.delete.length > 0
    const set = changes.set === '' ? {} : JSON.parse(changes.set)
    const conflicts = this.#conflicts(from, data, set)
    for (const key of changes.delete) delete data[key]
    const lifetime = changes.maxAge ?? maxAge
    await this.#write(to, { ...data, ...set }, lifetime, ttl, isChanged || from !== to)
    return { rev: 0, conflicts, maxAge: lifetime }
  }

  /** Returns the keys in `set` that other requests have written since this one read or wrote them. */
  #conflicts (id, data, set) {
    const earlier = this.#jsonById.get(id)
    const text = toJson(data)
    if (earlier === undefined || earlier === text) return []
    const [written] = binding.difference(earlier, text) ?? ['']
    const others = written === '' ? {} : JSON.parse(written)
    return Object.keys(set).filter((key) => Object.hasOwn(others, key))
  }

  /** Separates the data of a record from its envelope. */
  #open (record) {
    const { _maxAge, _session } = record
    const data = withoutEnvelope(record)
    if (_session === true) return { data, maxAge: 'session' }
    return { data, maxAge: isMaxAge(_maxAge) ? _maxAge : lifetimeOf(this.#contextSession).maxAge }
  }

  async #write (id, data, maxAge, ttl, changed) {
    const { ctx, options } = this.#contextSession
    const lifetime = maxAge === 'session' ? ttl : maxAge
    const record = enclose({ ...data }, maxAge, expiryOf(lifetime))
    await this.#store.set(id, record, lifetime + STORE_GRACE_MS, { changed, ctx, rolling: options.rolling })
    this.#jsonById.set(id, toJson(data))
    return { rev: 0 }
  }

  #destroy (id) {
    return this.#store.destroy(id, { ctx: this.#contextSession.ctx })
  }
}

const WITHOUT_VALID = { options: {} }

module.exports = { SerialStore }
