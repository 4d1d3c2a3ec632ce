'use strict'

const binding = require('../native/binding')
const { now } = require('../base/clock')
const { withoutEnvelope, enclose } = require('./envelope')
const { VERDICT } = require('../base/events')
const { callHook } = require('../base/hook')
const { isPromise } = require('../base/maybe-async')

/** The kinds of data that the core distinguishes; the numbers are those of src/verdict.rs. */
const DATA = { ABSENT: 0, OBJECT: 1, OTHER: 2 }

/**
 * Validates data that came in: their kind and expiry by the core, then by the app's own `valid`.
 *
 * @param {object} contextSession
 * @param {*} data as stored, or as decoded from the cookie
 * @returns {number|Promise<number>} the verdict; a promise if `valid` returns one
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

/** Caps the maxAge and the expiry of data at the option `maxAge`, with the option `configMaxAge`. */
function capData (data, { configMaxAge, maxAge }) {
  if (!configMaxAge || typeof maxAge !== 'number') return data
  const { _session: isBrowser, _maxAge: given, _expire: expire } = data
  if (!isBrowser && !(given > maxAge)) return data
  return { ...withoutEnvelope(data), _expire: isBrowser ? expire : expire - (given - maxAge), _maxAge: maxAge }
}

/** Caps a maxAge in the same way. */
function capMaxAge (given, options) {
  const { _session: isBrowser, _maxAge: maxAge } = capData(enclose({}, given, 0), options)
  return isBrowser ? 'session' : maxAge
}

/** Returns whether an option reads data before a session is made of them. */
function checksData ({ valid, configMaxAge }) {
  return typeof valid === 'function' || configMaxAge === true
}

module.exports = { validate, capData, capMaxAge, checksData }
