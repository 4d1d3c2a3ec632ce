'use strict'

const { warnOnce } = require('../base/errors')
const { announce } = require('../base/events')

/** What browsers take of a name and its value, in bytes (RFC 6265bis, section 5.6). */
const MAX_COOKIE_BYTES = 4096

/** Tells of a cookie that browsers drop for its size. */
function reportOversize (request, value) {
  const { key } = request.options
  const bytes = String(key).length + String(value).length
  if (bytes <= MAX_COOKIE_BYTES) return
  announce(request, 'oversize', undefined, { bytes, limit: MAX_COOKIE_BYTES })
  warnOnce('KOA_SESSION_RS_OVERSIZE',
    `the session cookie ${key} has ${bytes} bytes, and browsers drop one of over ${MAX_COOKIE_BYTES}: ` +
    'keep less in the session, or use the option store')
}

module.exports = { reportOversize }
