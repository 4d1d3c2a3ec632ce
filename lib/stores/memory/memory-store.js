'use strict'

const binding = require('../../native/binding')
const { now } = require('../../base/clock')
const { invalidOptionOf } = require('../../base/errors')
const { toStoreId } = require('../../base/id')
const { toSubject } = require('../../base/subject')
const { created, readAnswer } = require('../answers')
const { destroyAll } = require('../destroy-all')
const { CALL_NUMBERS, keysText, writeCall, writeChanges, writeRecord } = require('../call-numbers')
const { SessionStore } = require('../session-store')

const invalidOption = invalidOptionOf('docs/stores.md#memory')

const DEFAULTS = { maxEntries: 100000, maxBytes: 64 * 1024 * 1024 }

/** Sessions in this process's memory; documented in stores/memory.d.ts. */
class MemoryStore extends SessionStore {
  #native
  #numbers = new Float64Array(CALL_NUMBERS)
  #memory = this.#numbers.buffer

  constructor (options = {}) {
    super()
    const { maxEntries, maxBytes } = complete(options)
    this.#native = binding.memoryStore(maxEntries, maxBytes)
  }

  create (id, record, ttlMs) {
    writeCall(this.#numbers, 0, ttlMs)
    writeRecord(this.#numbers, 0, record)
    const { data, subject, label } = record
    return created(this.#read(refusing(() => this.#native.create(this.#memory, toStoreId(id), data, subject, label))))
  }

  load (id) {
    return this.#read(this.#native.load(this.#memory, toStoreId(id)))
  }

  merge (id, changes, ttlMs) {
    writeCall(this.#numbers, 0, ttlMs)
    writeChanges(this.#numbers, 0, changes)
    const { set, delete: gone, subject, label } = changes
    return this.#read(refusing(() => this.#native.merge(this.#memory, toStoreId(id), set, keysText(gone), subject, label)))
  }

  touch (id, ttlMs) {
    writeCall(this.#numbers, 0, ttlMs)
    return this.#read(this.#native.touch(this.#memory, toStoreId(id)))
  }

  regenerate (oldId, newId, changes, ttlMs) {
    writeCall(this.#numbers, 0, ttlMs)
    writeChanges(this.#numbers, 0, changes)
    const { set, delete: gone, subject, label } = changes
    const ids = [toStoreId(oldId), toStoreId(newId)]
    return this.#read(refusing(() => this.#native.regenerate(this.#memory, ...ids, set, keysText(gone), subject, label)))
  }

  destroy (id) {
    return this.#native.destroy(toStoreId(id), now())
  }

  list (subject) {
    return JSON.parse(this.#native.list(toSubject(subject), now()))
  }

  destroyAll (subject, which = {}) {
    const { except, only } = which
    return destroyAll(this, subject, which, () => this.#native.destroyAll(toSubject(subject), except, only, now()))
  }

  clear () {
    this.#native.clear()
  }

  /** Removes all sessions. */
  close () {
    this.#native.clear()
  }

  /** Decodes the answer of the last call, whose numbers have overwritten those of the call. */
  #read (text) {
    return readAnswer(this.#numbers, 0, text)
  }
}

/** Runs a write, and adds the reason to the error for a session larger than the store. */
function refusing (write) {
  try {
    return write()
  } catch (err) {
    if (err.code === 'ERR_SESSION_STORE') Object.assign(err, { store: 'memory', reason: 'full' })
    throw err
  }
}

/** Checks options, and returns them with their defaults. */
function complete (given) {
  if (given === null || typeof given !== 'object') throw invalidOption('options', 'object', given)
  const names = Object.keys(DEFAULTS)
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw invalidOption(unknown, `one of ${names.join(', ')}`, given[unknown],
      `Invalid input: MemoryStore has no option ${unknown}, only ${names.join(' and ')}`)
  }
  const options = { ...DEFAULTS }
  for (const name of names) {
    const value = given[name] ?? DEFAULTS[name]
    if (!Number.isSafeInteger(value) || value < 1) throw invalidOption(name, 'a positive integer', value)
    options[name] = value
  }
  return options
}

module.exports = { MemoryStore }
