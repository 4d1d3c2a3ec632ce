'use strict'

const { now } = require('../base/clock')

/** The numbers of a call beside its texts; binding/src/memory.rs and binding-sqlite/src/numbers.rs have the same places. */
const CALL = { NOW: 0, TTL: 1, MAX_AGE: 2, BASE: 3, LIMIT_MAX: 4, LIMIT_REFUSES: 5, SUBJECT_CHANGE: 6 }

const SUBJECT = { UNCHANGED: 0, NOBODY: 1, GIVEN: 2 }

/**
 * Gives a time to live in whole milliseconds, as our stores keep it: rounded up, so that no record ends before its cookie. One
 * that has passed is 0.
 */
function wholeMs (ms) {
  return Math.max(Math.ceil(ms), 0)
}

/** Writes when something is done, and how long the session lives and is limited from then on. */
function writeCall (numbers, ttlMs, maxAge, limit) {
  numbers[CALL.NOW] = now()
  numbers[CALL.TTL] = wholeMs(ttlMs)
  numbers[CALL.MAX_AGE] = maxAge === 'session' ? -1 : maxAge === undefined ? NaN : wholeMs(maxAge)
  numbers[CALL.LIMIT_MAX] = limit?.max ?? 0
  numbers[CALL.LIMIT_REFUSES] = limit?.overflow === 'refuse' ? 1 : 0
}

/** Writes the numbers of a request's changes. */
function writeChanges (numbers, ttlMs, { base, maxAge, subject, limit }) {
  writeCall(numbers, ttlMs, maxAge, limit)
  numbers[CALL.BASE] = base
  numbers[CALL.SUBJECT_CHANGE] = subject === null ? SUBJECT.NOBODY : subject === undefined ? SUBJECT.UNCHANGED : SUBJECT.GIVEN
}

/** Reads a maxAge as it crosses. */
function readMaxAge (number) {
  return number < 0 ? 'session' : number
}

/** Gives keys as they cross: as JSON, or as nothing. */
function keysText (keys) {
  return keys.length === 0 ? '' : JSON.stringify(keys)
}

module.exports = { CALL, keysText, readMaxAge, wholeMs, writeCall, writeChanges }
