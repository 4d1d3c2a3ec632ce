'use strict'

const assert = require('node:assert/strict')
const { randomUUID, createHash } = require('node:crypto')

/** The test world of one clause: a store, and new ids and subjects. */
class World {
  #random

  constructor (store, { seed, rounds }) {
    this.store = store
    this.rounds = rounds
    this.#random = generator(seed)
  }

  /** Returns a random integer from 0 to below a limit. The same seed gives the same numbers. */
  below (limit) {
    return Math.floor(this.#random() * limit)
  }

  newId () {
    return `contract:${randomUUID()}`
  }

  newSubject () {
    return `subject:${randomUUID()}`
  }

  /** Creates a session, and returns its id. */
  async created (record, ttlMs = LIFE_MS) {
    const id = this.newId()
    await this.store.create(id, { data: '{}', maxAge: LIFE_MS, ...record }, ttlMs)
    return id
  }

  /** Loads a session that must exist. */
  async loaded (id) {
    const loaded = await this.store.load(id)
    assert.equal(typeof loaded?.data, 'string', 'the session is not there')
    return loaded
  }
}

/** Long enough that no store removes anything by its own clock while a clause runs. */
const LIFE_MS = 600000

/** A seeded random generator: mulberry32. */
function generator (seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Calls a function while Date.now() returns a given time. */
async function at (time, call) {
  const now = Date.now
  Date.now = () => time
  try {
    return await call()
  } finally {
    Date.now = now
  }
}

/** Returns changes with defaults that change nothing. */
function changes (given) {
  return { base: 1, set: '', delete: [], ...given }
}

/** Returns the result of a successful `merge` or `regenerate`. */
function done (rev, conflicts = [], maxAge = LIFE_MS) {
  return { rev, conflicts, maxAge }
}

/** Hashes an id as `list` does. */
function hashOf (id) {
  return createHash('sha256').update(id).digest('base64url')
}

module.exports = { LIFE_MS, World, at, changes, done, hashOf }
