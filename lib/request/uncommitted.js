'use strict'

const { warnOnce } = require('../base/errors')
const { announce } = require('../base/events')

/** Returns why the session's cookie cannot be sent; undefined if it can, or if `externalKey` carries the id. */
function cookieBlockedBy ({ records, options, cookie }) {
  return records && options.externalKey ? undefined : cookie.blockedBy
}

function reportUncommitted (contextSession, reason) {
  announce(contextSession, 'uncommitted', contextSession.id, { reason })
  if (reason !== 'insecure') return
  warnOnce('KOA_SESSION_RS_INSECURE',
    'the option secure is true, and a connection is not secure: no session cookie was sent. Behind a proxy that ends TLS, set ' +
    "app.proxy = true and have it send X-Forwarded-Proto; or set secure: 'auto' or 'force'")
}

module.exports = { cookieBlockedBy, reportUncommitted }
