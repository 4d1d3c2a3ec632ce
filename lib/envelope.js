'use strict'

/**
 * Puts the envelope behind the user's keys, as stores and hooks are given it. (In cookies the core does; src/envelope.rs.)
 *
 * @param {object} data the user's keys; written to
 * @param {number|'session'} maxAge milliseconds
 * @param {number} expire milliseconds
 */
function enclose (data, maxAge, expire) {
  if (maxAge === 'session') return Object.assign(data, { _session: true })
  return Object.assign(data, { _expire: expire, _maxAge: maxAge })
}

module.exports = { enclose }
