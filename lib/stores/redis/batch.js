'use strict'

const { CALL_NUMBERS, keysText, writeCall, writeChanges, writeRecord } = require('../call-numbers')
const { storeError } = require('./error')

/** What is asked for; binding-redis/src/batch.rs has the same numbers. */
const KIND = {
  CREATE: 0,
  LOAD: 1,
  MERGE: 2,
  TOUCH: 3,
  REGENERATE: 4,
  DESTROY: 5,
  LIST: 6,
  DESTROY_EXCEPT: 7,
  DESTROY_ONLY: 8,
  CLEAR: 9,
  GET_PLAIN: 10,
  SET_PLAIN: 11,
  DESTROY_PLAIN: 12,
  CLEAR_PLAIN: 13
}

/** The places of an operation's numbers: its id, its kind, those of a call, how many texts it has. The lengths of these follow. */
const PLACE = { CALL_ID: 0, KIND: 1, CALL: 2, TEXTS: 2 + CALL_NUMBERS }

const NUMBERS = PLACE.TEXTS + 1

/** In place of a length: there is no such text. */
const ABSENT = -1

/** Operations that will cross together: some numbers each, and texts. */
class Batch {
  /** How many operations there are. */
  count = 0
  #numbers = new Float64Array(NUMBERS * 64)
  #at = 0
  #end = 0
  #texts = []
  #before = 0

  get isEmpty () { return this.#end === 0 }

  /** Starts an operation; what is written from now on is its. */
  begin (callId, kind, ttlMs = 0) {
    const at = this.#at = this.#end
    this.#before = this.#texts.length
    this.#end += NUMBERS
    this.count++
    if (this.#end > this.#numbers.length) this.#grow()
    const numbers = this.#numbers
    numbers[at] = callId
    numbers[at + PLACE.KIND] = kind
    numbers[at + PLACE.TEXTS] = 0
    writeCall(numbers, at + PLACE.CALL, ttlMs)
    return this
  }

  /** Takes the last operation back: something is wrong with it. */
  undo () {
    this.#end = this.#at
    this.count--
    this.#texts.length = this.#before
  }

  /** Writes a text; anything else is refused. */
  text (text) {
    if (typeof text !== 'string') throw storeError('input')
    this.#texts.push(text)
    return this.#length(text.length)
  }

  /** Writes a text, or that there is none. */
  optional (text) {
    return text == null ? this.#length(ABSENT) : this.text(text)
  }

  record (record) {
    writeRecord(this.#numbers, this.#at + PLACE.CALL, record)
    return this.text(record.data).optional(record.subject).optional(record.label)
  }

  changes (changes) {
    writeChanges(this.#numbers, this.#at + PLACE.CALL, changes)
    return this.text(changes.set).text(keysText(changes.delete)).optional(changes.subject).optional(changes.label)
  }

  /** Hands all over, and is empty again: `send(memory, count, text)`, with the memory of so many numbers. */
  flush (send) {
    const count = this.#end
    const text = this.#texts.join('')
    this.#end = this.count = 0
    this.#texts.length = 0
    return send(this.#numbers.buffer, count, text)
  }

  #length (length) {
    if (this.#end === this.#numbers.length) this.#grow()
    this.#numbers[this.#end++] = length
    this.#numbers[this.#at + PLACE.TEXTS]++
    return this
  }

  #grow () {
    const numbers = new Float64Array(this.#numbers.length * 2)
    numbers.set(this.#numbers)
    this.#numbers = numbers
  }
}

module.exports = { Batch, KIND }
