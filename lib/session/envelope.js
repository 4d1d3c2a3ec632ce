'use strict'

/**
 * Adds the envelope after the user's keys, as stores and hooks get it. (In cookies, the core does that: src/envelope.rs.)
 *
 * @param {object} data the user's keys; modified in place
 * @param {number|'session'} maxAge milliseconds
 * @param {number} expire milliseconds
 */
function enclose (data, maxAge, expire) {
  if (maxAge === 'session') data._session = true
  else {
    data._expire = expire
    data._maxAge = maxAge
  }
  return data
}

/** Returns whether a key belongs to the envelope. */
const isEnvelope = (key) => key === '_expire' || key === '_maxAge' || key === '_session'

/**
 * Copies the data out of a record. As in koa-session, they include what the record inherits, if it is an instance of a class.
 *
 * @param {object} record not modified, since the store may keep it
 * @returns {object} a copy
 */
function withoutEnvelope (record) {
  const data = {}
  for (const key in record) {
    const value = record[key]
    if (!isEnvelope(key) && key !== '__proto__' && typeof value !== 'function') data[key] = value
  }
  return data
}

module.exports = { withoutEnvelope, enclose, isEnvelope }
