'use strict'

const { now } = require('../base/clock')

/** The places of a call's numbers, which cross beside its texts; binding-common/src/call.rs has the same. */
const CALL = { NOW: 0, TTL: 1, BASE: 2, MAX_AGE: 3, LIMIT: 4, SUBJECT_CHANGE: 5 }

/** So many numbers a call has. Its answer takes their place, where it comes at once. */
const CALL_NUMBERS = 6

const SUBJECT = { UNCHANGED: 0, NOBODY: 1, GIVEN: 2 }

/**
 * Returns a time to live in whole milliseconds, as our stores keep it: rounded up, so that no record ends before its cookie. One
 * that has passed is 0.
 */
function wholeMs (ms) {
  return Math.max(Math.ceil(ms), 0)
}

/** Writes, from a place on, when something is done, and how long records without a maxAge live. */
function writeCall (numbers, at, ttlMs) {
  numbers[at + CALL.NOW] = now()
  numbers[at + CALL.TTL] = wholeMs(ttlMs)
  numbers[at + CALL.BASE] = 0
  numbers[at + CALL.MAX_AGE] = NaN
  numbers[at + CALL.LIMIT] = 0
  numbers[at + CALL.SUBJECT_CHANGE] = SUBJECT.UNCHANGED
}

/** Writes the numbers of a new record into a call's. */
function writeRecord (numbers, at, { maxAge, limit }) {
  if (maxAge !== undefined) numbers[at + CALL.MAX_AGE] = maxAge === 'session' ? -1 : wholeMs(maxAge)
  if (limit) numbers[at + CALL.LIMIT] = limit.overflow === 'refuse' ? -limit.max : limit.max
}

/** Writes the numbers of a request's changes into a call's. */
function writeChanges (numbers, at, changes) {
  const { base, subject } = changes
  writeRecord(numbers, at, changes)
  numbers[at + CALL.BASE] = base
  if (subject !== undefined) numbers[at + CALL.SUBJECT_CHANGE] = subject === null ? SUBJECT.NOBODY : SUBJECT.GIVEN
}

/** Returns keys as they cross: as JSON, or as nothing. */
function keysText (keys) {
  return keys.length === 0 ? '' : JSON.stringify(keys)
}

module.exports = { CALL_NUMBERS, keysText, writeCall, writeChanges, writeRecord }
