'use strict'

const { warnOnce } = require('../base/errors')
const { announce } = require('../base/events')

/** Tells why the session's cookie cannot be sent, if it is one that carries the session. */
function obstacleTo ({ records, options, cookie }) {
  return records && options.externalKey ? undefined : cookie.obstacle
}

function tellUncommitted (contextSession, reason) {
  announce(contextSession, 'uncommitted', contextSession.id, { reason })
  if (reason !== 'insecure') return
  warnOnce('KOA_SESSION_RS_INSECURE',
    'the option secure is true and a connection is not: no session cookie was sent. Behind a proxy that ends TLS, set ' +
    "app.proxy = true and have it send X-Forwarded-Proto; or set secure: 'auto' or 'force'")
}

module.exports = { obstacleTo, tellUncommitted }
