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

module.exports = { enclose }
