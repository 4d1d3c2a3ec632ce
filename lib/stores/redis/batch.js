'use strict'

const { CALL_NUMBERS, keysText, writeCall, writeChanges, writeRecord } = require('../call-numbers')
const { storeError } = require('./error')

/** The kinds of operations; the numbers are those of binding-redis/src/batch.rs. */
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

/** The places of an operation's numbers: its id, its kind, those of a call, the number of texts. The texts' lengths follow. */
const PLACE = { CALL_ID: 0, KIND: 1, CALL: 2, TEXTS: 2 + CALL_NUMBERS }

const NUMBERS = PLACE.TEXTS + 1

/** The length of a text that is left out. */
const ABSENT = -1

/** Operations that are passed to the addon together, as numbers and one text. */
class Batch {
  /** The number of operations. */
  count = 0
  #numbers = new Float64Array(NUMBERS * 64)
  #at = 0
  #end = 0
  #texts = []
  #before = 0

  get isEmpty () { return this.#end === 0 }

  /** Starts an operation, to which everything written afterwards belongs. */
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

  /** Removes the last operation, whose arguments are invalid. */
  undo () {
    this.#end = this.#at
    this.count--
    this.#texts.length = this.#before
  }

  /** Writes a text. Throws for anything else. */
  text (text) {
    if (typeof text !== 'string') throw storeError('input')
    this.#texts.push(text)
    return this.#length(text.length)
  }

  /** Writes a text that may be left out. */
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

  /** Passes all operations to `send(memory, count, text)`, with the number of numbers in the memory, and empties the batch. */
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
