'use strict'

// Node's own function, since a test may replace the global one by a fake timer.
const { setImmediate } = require('node:timers/promises')

/** The statuses of an answer; the numbers are those of binding-common/src/answer.rs. */
const STATUS = {
  DONE: 0,
  WRITTEN: 1,
  CONFLICTING: 2,
  MISSING: 3,
  TAKEN: 4,
  REFUSED: 5,
  TOUCHED: 6,
  LOADED: 7,
  NOTHING: 8,
  KNOWN: 9,
  COUNT: 10,
  TEXT: 11,
  LISTED: 12,
  FAILED: 13
}

/** The places of an answer's numbers; REV also holds a count. */
const ANSWER = { STATUS: 0, REV: 1, EXPIRE: 2, MAX_AGE: 3, HAS_SUBJECT: 4 }

/** The number of numbers in an answer. */
const ANSWER_NUMBERS = 5

/** The number of lists that are parsed in one turn of the event loop. */
const LISTS_AT_ONCE = 4

/**
 * Decodes an answer to the result of a store's method (index.d.ts, SessionStore).
 *
 * @param {Float64Array} numbers
 * @param {number} at where the answer begins
 * @param {string|null} [text]
 * @param {(text: string) => Error} [toError] makes the error of a failure, which is returned
 * @param {string[]} [lists] all texts of an answer that has several
 */
function readAnswer (numbers, at, text, toError, lists) {
  switch (numbers[at + ANSWER.STATUS]) {
    case STATUS.LOADED: return loaded(numbers, at, text)
    case STATUS.NOTHING: return undefined
    case STATUS.WRITTEN: return { rev: numbers[at + ANSWER.REV], conflicts: [], maxAge: maxAgeOf(numbers, at) }
    case STATUS.CONFLICTING: return { rev: numbers[at + ANSWER.REV], conflicts: JSON.parse(text), maxAge: maxAgeOf(numbers, at) }
    case STATUS.TOUCHED: return { maxAge: maxAgeOf(numbers, at) }
    case STATUS.MISSING: return 'missing'
    case STATUS.TAKEN: return 'taken'
    case STATUS.REFUSED: return 'refused'
    case STATUS.KNOWN: return numbers[at + ANSWER.REV] === 1
    case STATUS.COUNT: return numbers[at + ANSWER.REV]
    case STATUS.TEXT: return text
    case STATUS.LISTED: return lists === undefined ? JSON.parse(text ?? '[]') : readLists(lists)
    case STATUS.FAILED: return toError(text)
  }
}

/** Parses many lists of sessions, and lets the event loop run in between. */
async function readLists (lists) {
  const all = []
  for (const [i, list] of lists.entries()) {
    if (i > 0 && i % LISTS_AT_ONCE === 0) await setImmediate()
    all.push(...JSON.parse(list))
  }
  return all
}

function loaded (numbers, at, data) {
  return {
    data,
    rev: numbers[at + ANSWER.REV],
    expire: numbers[at + ANSWER.EXPIRE],
    maxAge: maxAgeOf(numbers, at),
    hasSubject: numbers[at + ANSWER.HAS_SUBJECT] === 1
  }
}

function maxAgeOf (numbers, at) {
  const maxAge = numbers[at + ANSWER.MAX_AGE]
  return maxAge < 0 ? 'session' : maxAge
}

/** Returns the result of `create` for the answer to a write. */
function created (answer) {
  return typeof answer === 'object' ? { rev: answer.rev } : answer
}

/** Returns the number of texts of an answer. */
function countTexts (numbers, at) {
  const status = numbers[at + ANSWER.STATUS]
  if (status === STATUS.LISTED) return numbers[at + ANSWER.REV]
  return status === STATUS.LOADED || status === STATUS.CONFLICTING || status >= STATUS.TEXT ? 1 : 0
}

/** Returns whether an answer is a failure. */
function isFailure (numbers, at) {
  return numbers[at + ANSWER.STATUS] === STATUS.FAILED
}

module.exports = { ANSWER_NUMBERS, countTexts, created, isFailure, readAnswer }
