'use strict'

/** The sessions that a store is filled with: each has an id of its own, and data of the same size. */

const { createHash } = require('node:crypto')
const { payload, COUNTS, FIRST_KEY } = require('../payload')

const MAX_AGE_MS = 24 * 60 * 60 * 1000

/** Bytes of each session's JSON. */
const BYTES = 300

/** Ids that are asked for. They are made before anything is measured. */
const POOL = 262_144

/** Larger than any number of sessions, and prime: its multiples are in no order. */
const STRIDE = 1_000_000_007

const ID_BYTES = 24

/** Gives the id of a session: 32 characters. Not a slice of a longer text, which would be kept with it. */
function idOf (index) {
  return createHash('sha256').update(`session ${index}`).digest().toString('base64url', 0, ID_BYTES)
}

/** Ids of a store with some sessions, in no order, none of them twice. */
class Pool {
  #ids
  #at = 0

  constructor (sessions) {
    const offset = Math.floor(Math.random() * sessions)
    const place = (k) => (k * STRIDE + offset) % sessions
    this.#ids = Array.from({ length: Math.min(sessions, POOL) }, (_, k) => idOf(place(k)))
    /** The revision that each was written with last. */
    this.revs = new Uint32Array(this.#ids.length).fill(1)
  }

  /** Gives the place of the next one. */
  next () {
    this.#at = this.#at + 1 === this.#ids.length ? 0 : this.#at + 1
    return this.#at
  }

  id (place) {
    return this.#ids[place]
  }
}

/** Gives the data of a session, with the counter at the first or second of its values. */
function dataOf (turn) {
  return { ...payload(BYTES), n: COUNTS[turn % COUNTS.length] }
}

const EXPECTED = payload(BYTES)[FIRST_KEY]

/** Gives the session, if it is one. */
function checked (session) {
  if (session?.[FIRST_KEY] !== EXPECTED) throw new Error('a session is not there')
  return session
}

module.exports = { BYTES, MAX_AGE_MS, Pool, checked, dataOf, idOf }
