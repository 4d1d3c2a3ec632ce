'use strict'

const { now } = require('../base/clock')

/** The order of a call's numeric arguments, as in binding-common/src/call.rs. Its strings are passed beside them. */
const CALL = { NOW: 0, TTL: 1, BASE: 2, MAX_AGE: 3, LIMIT: 4, SUBJECT_CHANGE: 5 }

/** The number of numbers in a call. A synchronous call overwrites them with its answer. */
const CALL_NUMBERS = 6

const SUBJECT = { UNCHANGED: 0, NOBODY: 1, GIVEN: 2 }

/**
 * Returns a TTL in whole milliseconds, as our stores keep it: rounded up, so that no record expires before its cookie, and at
 * least 0.
 */
function wholeMs (ms) {
  return Math.max(Math.ceil(ms), 0)
}

/** Writes the numbers of a call, from an index on: the time, the TTL of records without a maxAge, and defaults for the rest. */
function writeCall (numbers, at, ttlMs) {
  numbers[at + CALL.NOW] = now()
  numbers[at + CALL.TTL] = wholeMs(ttlMs)
  numbers[at + CALL.BASE] = 0
  numbers[at + CALL.MAX_AGE] = NaN
  numbers[at + CALL.LIMIT] = 0
  numbers[at + CALL.SUBJECT_CHANGE] = SUBJECT.UNCHANGED
}

/** Adds the numbers of a new record to a call. */
function writeRecord (numbers, at, { maxAge, limit }) {
  if (maxAge !== undefined) numbers[at + CALL.MAX_AGE] = maxAge === 'session' ? -1 : wholeMs(maxAge)
  if (limit) numbers[at + CALL.LIMIT] = limit.overflow === 'refuse' ? -limit.max : limit.max
}

/** Adds the numbers of a request's changes to a call. */
function writeChanges (numbers, at, changes) {
  const { base, subject } = changes
  writeRecord(numbers, at, changes)
  numbers[at + CALL.BASE] = base
  if (subject !== undefined) numbers[at + CALL.SUBJECT_CHANGE] = subject === null ? SUBJECT.NOBODY : SUBJECT.GIVEN
}

/** Encodes a list of keys for the addon: as JSON, or as '' if it is empty. */
function keysText (keys) {
  return keys.length === 0 ? '' : JSON.stringify(keys)
}

module.exports = { CALL_NUMBERS, keysText, writeCall, writeChanges, writeRecord }
