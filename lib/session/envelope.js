'use strict'

/**
 * Puts the envelope behind the user's keys, as stores and hooks are given it. (In cookies the core does; src/envelope.rs.)
 *
 * @param {object} data the user's keys; written to
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

/** Tells the envelope's keys from those of the data. */
const isEnvelope = (key) => key === '_expire' || key === '_maxAge' || key === '_session'

/**
 * Takes the data out of a record. As in koa-session, they have also what the record inherits, as an instance of a class does.
 *
 * @param {object} record somebody else may hold it
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
