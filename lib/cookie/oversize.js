'use strict'

const { warnOnce } = require('../base/errors')
const { announce } = require('../base/events')

/** The size of a cookie's name and value together up to which browsers accept it (RFC 6265bis, section 5.6). */
const MAX_COOKIE_BYTES = 4096

/** Emits `session:oversize`, and warns, if browsers drop a cookie for its size. */
function reportOversize (request, value) {
  const { key } = request.options
  const bytes = String(key).length + String(value).length
  if (bytes <= MAX_COOKIE_BYTES) return
  announce(request, 'oversize', undefined, { bytes, limit: MAX_COOKIE_BYTES })
  warnOnce('KOA_SESSION_RS_OVERSIZE',
    `the session cookie ${key} has ${bytes} bytes, and browsers drop one of over ${MAX_COOKIE_BYTES}: ` +
    'keep less in the session, or use the option store')
}

module.exports = { MAX_COOKIE_BYTES, reportOversize }
