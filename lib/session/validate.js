'use strict'

const binding = require('../native/binding')
const { now } = require('../base/clock')
const { withoutEnvelope, enclose } = require('./envelope')
const { VERDICT } = require('../base/events')
const { callHook } = require('../base/hook')
const { isPromise } = require('../base/maybe-async')

/** Kinds of data, for the core's verdict: src/verdict.rs has the same numbers. */
const DATA = { ABSENT: 0, OBJECT: 1, OTHER: 2 }

/**
 * Judges data that came in: by the core, and then by the app's own `valid`.
 *
 * @param {object} session the ContextSession
 * @param {*} data as the store or the cookie holds it
 * @returns {number|Promise<number>} the verdict; a promise where `valid` gives one
 */
function validate ({ ctx, options }, data) {
  const kind = !data ? DATA.ABSENT : typeof data === 'object' && !Array.isArray(data) ? DATA.OBJECT : DATA.OTHER
  const expire = kind === DATA.OBJECT ? capData(data, options)._expire : undefined
  const verdict = binding.judge(kind, typeof expire === 'number' ? expire : undefined, now())
  if (verdict !== VERDICT.VALID || typeof options.valid !== 'function') return verdict
  const isValid = callHook(() => options.valid(ctx, data))
  return isPromise(isValid) ? isValid.then(toVerdict) : toVerdict(isValid)
}

function toVerdict (isValid) {
  return isValid ? VERDICT.VALID : VERDICT.INVALID
}

/** Holds data to the configured maxAge where they were written with a longer one (`configMaxAge`). */
function capData (data, { configMaxAge, maxAge }) {
  if (!configMaxAge || typeof maxAge !== 'number') return data
  const { _session: isBrowser, _maxAge: given, _expire: expire } = data
  if (!isBrowser && !(given > maxAge)) return data
  return { ...withoutEnvelope(data), _expire: isBrowser ? expire : expire - (given - maxAge), _maxAge: maxAge }
}

/** Holds a maxAge alone to the configured one. */
function capMaxAge (given, options) {
  const { _session: isBrowser, _maxAge: maxAge } = capData(enclose({}, given, 0), options)
  return isBrowser ? 'session' : maxAge
}

/** Returns whether options look at data before a session is made of it. */
function checksData ({ valid, configMaxAge }) {
  return typeof valid === 'function' || configMaxAge === true
}

module.exports = { validate, capData, capMaxAge, checksData }
