'use strict'

/** The sessions in a store: each has its own id, and data of the same size. */

const { createHash } = require('node:crypto')
const { COUNTS, shape } = require('../shapes')

const MAX_AGE_MS = 24 * 60 * 60 * 1000

/** Bytes of each session's JSON. */
const BYTES = 300

const SHAPE = shape(`flat-${BYTES}`)
const DATA = SHAPE.data()
const EXPECTED = SHAPE.read(DATA)

/** The number of ids that are looked up. They are created before the measurement. */
const POOL = 262_144

/** A prime, larger than any number of sessions, so that its multiples visit all sessions in a scattered order. */
const STRIDE = 1_000_000_007

const ID_BYTES = 24

/** Returns a session's id of 32 characters. It is not a slice of a longer text, since that would keep the longer one in memory. */
function idOf (index) {
  return createHash('sha256').update(`session ${index}`).digest().toString('base64url', 0, ID_BYTES)
}

/** The ids of some sessions of a store, in scattered order, each once. */
class Pool {
  #ids
  #at = 0

  constructor (sessions) {
    const offset = Math.floor(Math.random() * sessions)
    const place = (k) => (k * STRIDE + offset) % sessions
    this.#ids = Array.from({ length: Math.min(sessions, POOL) }, (_, k) => idOf(place(k)))
    /** The last revision of each session. */
    this.revs = new Uint32Array(this.#ids.length).fill(1)
  }

  /** Returns the index of the next session. */
  next () {
    this.#at = this.#at + 1 === this.#ids.length ? 0 : this.#at + 1
    return this.#at
  }

  id (place) {
    return this.#ids[place]
  }
}

/** Returns the data of a session, with the first or second value of the counter. */
function dataOf (turn) {
  return { ...DATA, n: COUNTS[turn % COUNTS.length] }
}

/** Returns the session; throws if it is not one. */
function checked (session) {
  if (SHAPE.read(session ?? {}) !== EXPECTED) throw new Error('a session is missing')
  return session
}

module.exports = { BYTES, MAX_AGE_MS, Pool, checked, dataOf, idOf }
