'use strict'

const binding = require('../../native/binding')
const { now } = require('../../base/clock')
const { invalidOption } = require('../../base/errors')
const { toStoreId } = require('../../base/id')
const { toSubject } = require('../../base/subject')
const { CALL, keysText, readMaxAge, writeCall, writeChanges } = require('../call-numbers')
const { SessionStore } = require('../session-store')

const DEFAULTS = { maxEntries: 100000, maxBytes: 64 * 1024 * 1024 }

/** Numbers of a call, and behind them those of its answer; they hold until the next call. */
const PLACE = { ...CALL, OUTCOME: 7, REV: 8, EXPIRE: 9, HAS_SUBJECT: 10 }

/** What became of a write. */
const OUTCOMES = [undefined, 'missing', 'taken', 'refused']

/** Sessions in this process's memory; stores/memory.d.ts has the words. */
class MemoryStore extends SessionStore {
  #native
  #numbers = new Float64Array(Object.keys(PLACE).length)
  #memory = this.#numbers.buffer

  constructor (options = {}) {
    super()
    const { maxEntries, maxBytes } = complete(options)
    this.#native = binding.memoryStore(maxEntries, maxBytes)
  }

  create (id, { data, maxAge, subject, label, limit }, ttlMs) {
    writeCall(this.#numbers, ttlMs, maxAge, limit)
    refusing(() => this.#native.create(this.#memory, toStoreId(id), data, subject, label))
    return this.#written()
  }

  load (id) {
    const data = this.#native.load(this.#memory, toStoreId(id))
    if (data === null) return undefined
    const numbers = this.#numbers
    return {
      data,
      rev: numbers[PLACE.REV],
      expire: numbers[PLACE.EXPIRE],
      maxAge: this.#maxAge,
      hasSubject: numbers[PLACE.HAS_SUBJECT] === 1
    }
  }

  merge (id, changes, ttlMs) {
    writeChanges(this.#numbers, ttlMs, changes)
    const { set, delete: gone, subject, label } = changes
    return this.#merged(refusing(() => this.#native.merge(this.#memory, toStoreId(id), set, keysText(gone), subject, label)))
  }

  touch (id, ttlMs) {
    writeCall(this.#numbers, ttlMs)
    return this.#native.touch(this.#memory, toStoreId(id)) ? { maxAge: this.#maxAge } : 'missing'
  }

  regenerate (oldId, newId, changes, ttlMs) {
    writeChanges(this.#numbers, ttlMs, changes)
    const { set, delete: gone, subject, label } = changes
    const ids = [toStoreId(oldId), toStoreId(newId)]
    return this.#merged(refusing(() => this.#native.regenerate(this.#memory, ...ids, set, keysText(gone), subject, label)))
  }

  destroy (id) {
    return this.#native.destroy(toStoreId(id), now())
  }

  list (subject) {
    return JSON.parse(this.#native.list(toSubject(subject), now()))
  }

  destroyAll (subject, { except, only } = {}) {
    return this.#native.destroyAll(toSubject(subject), except, only, now())
  }

  clear () {
    this.#native.clear()
  }

  /** Forgets all sessions: nobody else has them. */
  close () {
    this.#native.clear()
  }

  /** Gives the maxAge of the record that the last call was about. */
  get #maxAge () { return readMaxAge(this.#numbers[PLACE.MAX_AGE]) }

  #written () {
    return OUTCOMES[this.#numbers[PLACE.OUTCOME]] ?? { rev: this.#numbers[PLACE.REV] }
  }

  #merged (conflicts) {
    const written = this.#written()
    if (typeof written === 'string') return written
    return { rev: written.rev, conflicts: conflicts === null ? [] : JSON.parse(conflicts), maxAge: this.#maxAge }
  }
}

/** Runs a write, which fails for a session that is larger than the store. */
function refusing (write) {
  try {
    return write()
  } catch (err) {
    if (err.code === 'ERR_SESSION_STORE') Object.assign(err, { store: 'memory', reason: 'full' })
    throw err
  }
}

/** Checks options, and gives them with their defaults. */
function complete (given) {
  if (given === null || typeof given !== 'object') throw invalidOption('options', 'object', given)
  const names = Object.keys(DEFAULTS)
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw invalidOption(unknown, `one of ${names.join(', ')}`, given[unknown],
      `Invalid input: MemoryStore has no option ${unknown}, but ${names.join(' and ')}`)
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
