'use strict'

const { now } = require('../../base/clock')
const { wholeMs } = require('../call-numbers')
const { storeError } = require('./answers')

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

const FLAG = { HAS_SUBJECT: 1, HAS_NO_SUBJECT: 2, HAS_LABEL: 4, HAS_HASH: 8 }

/** The places of an operation's numbers; behind them are the lengths of its texts. */
const PLACE = { SLOT: 0, KIND: 1, FLAGS: 2, NOW: 3, TTL: 4, BASE: 5, MAX_AGE: 6, LIMIT: 7, TEXTS: 8 }

const NUMBERS = 9

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
  begin (slot, kind, ttlMs = 0) {
    const at = this.#at = this.#end
    this.#before = this.#texts.length
    this.#end += NUMBERS
    this.count++
    if (this.#end > this.#numbers.length) this.#grow()
    const numbers = this.#numbers
    numbers[at] = slot
    numbers[at + PLACE.KIND] = kind
    numbers[at + PLACE.FLAGS] = 0
    numbers[at + PLACE.NOW] = now()
    numbers[at + PLACE.TTL] = wholeMs(ttlMs)
    numbers[at + PLACE.BASE] = 0
    numbers[at + PLACE.MAX_AGE] = NaN
    numbers[at + PLACE.LIMIT] = 0
    numbers[at + PLACE.TEXTS] = 0
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
    if (this.#end === this.#numbers.length) this.#grow()
    this.#numbers[this.#end++] = text.length
    this.#numbers[this.#at + PLACE.TEXTS]++
    return this
  }

  /** Writes a text, and that it is there; or nothing. */
  optional (text, flag) {
    if (text == null) return this
    this.#flag(flag)
    return this.text(text)
  }

  record ({ data, maxAge, subject, label, limit }) {
    this.#lifetime(maxAge, limit)
    return this.text(data).optional(subject, FLAG.HAS_SUBJECT).optional(label, FLAG.HAS_LABEL)
  }

  changes ({ base, set, delete: gone, maxAge, subject, label, limit }) {
    this.#numbers[this.#at + PLACE.BASE] = base
    this.#lifetime(maxAge, limit)
    if (subject === null) this.#flag(FLAG.HAS_NO_SUBJECT)
    this.text(set).text(gone.length === 0 ? '' : JSON.stringify(gone))
    return this.optional(subject, FLAG.HAS_SUBJECT).optional(label, FLAG.HAS_LABEL)
  }

  /** Hands all over, and is empty again: `send(memory, count, text)`, with the memory of so many numbers. */
  flush (send) {
    const count = this.#end
    const text = this.#texts.join('')
    this.#end = this.count = 0
    this.#texts.length = 0
    return send(this.#numbers.buffer, count, text)
  }

  #lifetime (maxAge, limit) {
    if (maxAge !== undefined) this.#numbers[this.#at + PLACE.MAX_AGE] = maxAge === 'session' ? -1 : wholeMs(maxAge)
    if (limit) this.#numbers[this.#at + PLACE.LIMIT] = limit.overflow === 'refuse' ? -limit.max : limit.max
  }

  #flag (flag) {
    this.#numbers[this.#at + PLACE.FLAGS] += flag
  }

  #grow () {
    const numbers = new Float64Array(this.#numbers.length * 2)
    numbers.set(this.#numbers)
    this.#numbers = numbers
  }
}

module.exports = { Batch, FLAG, KIND }
