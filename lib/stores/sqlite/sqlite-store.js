'use strict'

const { resolve } = require('node:path')
const { now } = require('../../base/clock')
const { invalidOption } = require('../../base/errors')
const { toStoreId } = require('../../base/id')
const { toSubject } = require('../../base/subject')
const { CALL, keysText, readMaxAge, writeCall, writeChanges } = require('../call-numbers')
const { SessionStore } = require('../session-store')
const { Answers, READ, storeError } = require('./answers')

/** How often a load is tried again that another process was in the way of. */
const ATTEMPTS = 16

/** The numbers that a load leaves. */
const LOADED = { REV: 0, EXPIRE: 1, MAX_AGE: 2, HAS_SUBJECT: 3 }

const CLOSED = { reason: 'closed', message: 'it was closed' }

/** Sessions in a file; stores/sqlite.d.ts has the words. */
class SqliteStore extends SessionStore {
  #native
  #answers
  #closing
  #file
  #busyTimeout
  #numbers = new Float64Array(Object.keys(CALL).length)
  #memory = this.#numbers.buffer
  #loaded = new Float64Array(Object.keys(LOADED).length)
  #loadedMemory = this.#loaded.buffer

  constructor (options) {
    super()
    const { file, synchronous, busyTimeout, maxBytes } = complete(options)
    // On first use: who keeps sessions elsewhere does not need it.
    const binding = require('./binding')
    const answers = new Answers(file)
    const opened = binding.open(file, synchronous === 'full', busyTimeout, maxBytes,
      (slots, results) => answers.take(slots, results))
    if (opened.reason !== undefined) throw storeError(file, opened)
    this.#file = file
    this.#busyTimeout = busyTimeout
    this.#native = opened
    this.#answers = answers
  }

  create (id, { data, maxAge, subject, label, limit }, ttlMs) {
    return this.#write(READ.created, (slot) => {
      writeCall(this.#numbers, ttlMs, maxAge, limit)
      this.#native.create(slot, this.#memory, toStoreId(id), data, subject, label)
    })
  }

  load (id) {
    return this.#read(() => {
      const data = this.#native.load(toStoreId(id), now(), this.#loadedMemory)
      if (data === null) return undefined
      return typeof data === 'string' ? this.#found(data) : data
    })
  }

  merge (id, changes, ttlMs) {
    return this.#write(READ.merged, (slot) => {
      writeChanges(this.#numbers, ttlMs, changes)
      const { set, delete: gone, subject, label } = changes
      this.#native.merge(slot, this.#memory, toStoreId(id), set, keysText(gone), subject, label)
    })
  }

  touch (id, ttlMs) {
    return this.#write(READ.touched, (slot) => {
      writeCall(this.#numbers, ttlMs)
      this.#native.touch(slot, this.#memory, toStoreId(id))
    })
  }

  regenerate (oldId, newId, changes, ttlMs) {
    return this.#write(READ.merged, (slot) => {
      writeChanges(this.#numbers, ttlMs, changes)
      const { set, delete: gone, subject, label } = changes
      this.#native.regenerate(slot, this.#memory, toStoreId(oldId), toStoreId(newId), set, keysText(gone), subject, label)
    })
  }

  destroy (id) {
    return this.#write(READ.found, (slot) => this.#native.destroy(slot, toStoreId(id), now()))
  }

  list (subject) {
    return this.#read(() => {
      const list = this.#native.list(toSubject(subject), now())
      return typeof list === 'string' ? JSON.parse(list) : list
    })
  }

  destroyAll (subject, { except, only } = {}) {
    return this.#write(READ.count, (slot) => this.#native.destroyAll(slot, toSubject(subject), except, only, now()))
  }

  clear () {
    return this.#write(READ.done, (slot) => this.#native.clear(slot))
  }

  /** Finishes what was asked for before, and closes the file. */
  close () {
    this.#closing ??= this.#answers.wait(READ.done, (slot) => this.#native.close(slot))
    return this.#closing
  }

  #write (read, send) {
    if (this.#closing !== undefined) return Promise.reject(storeError(this.#file, CLOSED))
    return this.#answers.wait(read, send)
  }

  /** Reads, and gives the result at once unless it is a failure. */
  #read (once) {
    const result = this.#closing === undefined ? once() : CLOSED
    return result?.reason === undefined ? result : this.#retry(result, once)
  }

  /** Reads again when whoever was in the way is gone: where the file is being made, or recovered after a crash. */
  async #retry (failure, once) {
    const until = performance.now() + this.#busyTimeout
    for (let i = 0; failure.reason === 'busy' && i < ATTEMPTS; i++) {
      await this.#write(READ.done, (slot) => this.#native.turn(slot, Math.max(until - performance.now(), 0)))
      const result = this.#closing === undefined ? once() : CLOSED
      if (result?.reason === undefined) return result
      failure = result
    }
    throw storeError(this.#file, failure)
  }

  #found (data) {
    const numbers = this.#loaded
    return {
      data,
      rev: numbers[LOADED.REV],
      expire: numbers[LOADED.EXPIRE],
      maxAge: readMaxAge(numbers[LOADED.MAX_AGE]),
      hasSubject: numbers[LOADED.HAS_SUBJECT] === 1
    }
  }
}

/** What each option has to be, and its default. */
const OPTIONS = {
  file: {
    expected: 'the path of a file',
    // SQLite's names for databases that are no file, which two connections cannot share.
    fits: (value) => typeof value === 'string' && value !== '' && value !== ':memory:' && !value.includes('\0')
  },
  synchronous: { expected: "'normal' or 'full'", fits: (value) => value === 'normal' || value === 'full', byDefault: 'normal' },
  busyTimeout: { expected: 'milliseconds', fits: (value) => Number.isSafeInteger(value) && value >= 0, byDefault: 5000 },
  maxBytes: { expected: 'a positive integer', fits: (value) => value === undefined || (Number.isSafeInteger(value) && value > 0) }
}

/** Checks options, and gives them with their defaults. */
function complete (given) {
  if (given === null || typeof given !== 'object') throw invalidOption('options', 'an object with the file', given)
  const names = Object.keys(OPTIONS)
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw invalidOption(unknown, `one of ${names.join(', ')}`, given[unknown],
      `Invalid input: SqliteStore has no option ${unknown}, but ${names.join(', ')}`)
  }
  const options = {}
  for (const [name, { expected, fits, byDefault }] of Object.entries(OPTIONS)) {
    const value = given[name] ?? byDefault
    if (!fits(value)) throw invalidOption(name, expected, value)
    options[name] = value
  }
  return { ...options, file: resolve(options.file) }
}

module.exports = { SqliteStore }
