'use strict'

const { resolve } = require('node:path')
const { now } = require('../../base/clock')
const { invalidOptionOf } = require('../../base/errors')
const { toStoreId } = require('../../base/id')
const { toSubject } = require('../../base/subject')
const { created, readAnswer } = require('../answers')
const { CALL_NUMBERS, keysText, writeCall, writeChanges, writeRecord } = require('../call-numbers')
const { PendingCalls } = require('../pending-calls')
const { destroyAll } = require('../destroy-all')
const { SessionStore } = require('../session-store')
const { storeError } = require('./error')

const invalidOption = invalidOptionOf('docs/stores.md#sqlite')

/** How often a read is retried that another process has blocked. */
const ATTEMPTS = 16

const CLOSED = 'closed\n\nthe store is closed'

/** Sessions in a file; documented in stores/sqlite.d.ts. */
class SqliteStore extends SessionStore {
  #native
  #calls
  #closing
  #toError
  #busyTimeout
  #numbers = new Float64Array(CALL_NUMBERS)
  #memory = this.#numbers.buffer

  constructor (options) {
    super()
    const { file, synchronous, busyTimeout, maxBytes } = complete(options)
    // Loaded at the first use, since apps with other stores need not install it.
    const binding = require('./binding')
    const toError = (failure) => storeError(file, failure)
    const calls = new PendingCalls(toError)
    const opened = binding.open(file, synchronous === 'full', busyTimeout, maxBytes,
      (numbers, texts) => calls.settle(numbers, texts))
    if (typeof opened === 'string') throw toError(opened)
    this.#toError = toError
    this.#busyTimeout = busyTimeout
    this.#native = opened
    this.#calls = calls
  }

  async create (id, record, ttlMs) {
    return created(await this.#write((callId) => {
      writeCall(this.#numbers, 0, ttlMs)
      writeRecord(this.#numbers, 0, record)
      const { data, subject, label } = record
      this.#native.create(callId, this.#memory, toStoreId(id), data, subject, label)
    }))
  }

  load (id) {
    return this.#read(() => this.#native.load(toStoreId(id), now(), this.#memory))
  }

  merge (id, changes, ttlMs) {
    return this.#write((callId) => {
      writeCall(this.#numbers, 0, ttlMs)
      writeChanges(this.#numbers, 0, changes)
      const { set, delete: gone, subject, label } = changes
      this.#native.merge(callId, this.#memory, toStoreId(id), set, keysText(gone), subject, label)
    })
  }

  touch (id, ttlMs) {
    return this.#write((callId) => {
      writeCall(this.#numbers, 0, ttlMs)
      this.#native.touch(callId, this.#memory, toStoreId(id))
    })
  }

  regenerate (oldId, newId, changes, ttlMs) {
    return this.#write((callId) => {
      writeCall(this.#numbers, 0, ttlMs)
      writeChanges(this.#numbers, 0, changes)
      const { set, delete: gone, subject, label } = changes
      this.#native.regenerate(callId, this.#memory, toStoreId(oldId), toStoreId(newId), set, keysText(gone), subject, label)
    })
  }

  destroy (id) {
    return this.#write((callId) => this.#native.destroy(callId, toStoreId(id), now()))
  }

  list (subject) {
    return this.#read(() => this.#native.list(toSubject(subject), now(), this.#memory))
  }

  destroyAll (subject, which = {}) {
    const { except, only } = which
    return destroyAll(this, subject, which, () =>
      this.#write((callId) => this.#native.destroyAll(callId, toSubject(subject), except, only, now())))
  }

  clear () {
    return this.#write((callId) => this.#native.clear(callId))
  }

  /** Finishes pending operations, and closes the file. */
  close () {
    this.#closing ??= this.#ask((callId) => this.#native.close(callId))
    return this.#closing
  }

  #write (ask) {
    if (this.#closing !== undefined) return Promise.reject(this.#toError(CLOSED))
    return this.#ask(ask)
  }

  #ask (ask) {
    try {
      ask(this.#calls.nextId)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#calls.wait()
  }

  /** Reads. Returns the result itself, or the promise of a retry if the read fails. */
  #read (ask) {
    const answer = this.#answerOf(ask)
    return answer instanceof Error ? this.#retry(answer, ask) : answer
  }

  #answerOf (ask) {
    return this.#closing === undefined ? readAnswer(this.#numbers, 0, ask(), this.#toError) : this.#toError(CLOSED)
  }

  /** Reads again when the other process has released the file. It locks the file to create it, or to recover it after a crash. */
  async #retry (failure, ask) {
    const until = performance.now() + this.#busyTimeout
    for (let i = 0; failure.reason === 'busy' && i < ATTEMPTS; i++) {
      await this.#write((callId) => this.#native.turn(callId, Math.max(until - performance.now(), 0)))
      const answer = this.#answerOf(ask)
      if (!(answer instanceof Error)) return answer
      failure = answer
    }
    throw failure
  }
}

/** Of each option: the expected value, its check, and the default. */
const OPTIONS = {
  file: {
    expected: 'the path of a file',
    // SQLite's names for databases without a file, which two connections cannot share.
    fits: (value) => typeof value === 'string' && value !== '' && value !== ':memory:' && !value.includes('\0')
  },
  synchronous: { expected: "'normal' or 'full'", fits: (value) => value === 'normal' || value === 'full', byDefault: 'normal' },
  busyTimeout: { expected: 'milliseconds', fits: (value) => Number.isSafeInteger(value) && value >= 0, byDefault: 5000 },
  maxBytes: { expected: 'a positive integer', fits: (value) => value === undefined || (Number.isSafeInteger(value) && value > 0) }
}

/** Checks options, and returns them with their defaults. */
function complete (given) {
  if (given === null || typeof given !== 'object') throw invalidOption('options', 'an object with the file', given)
  const names = Object.keys(OPTIONS)
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw invalidOption(unknown, `one of ${names.join(', ')}`, given[unknown],
      `Invalid input: SqliteStore has no option ${unknown}, only ${names.join(', ')}`)
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
