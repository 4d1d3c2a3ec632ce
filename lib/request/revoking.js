'use strict'

/** Returns whether the session lives in its cookie, and is revoked when it ends (option `revocations`). */
const revokes = ({ options, records, times }) => records === undefined && options.revocations != null && times !== undefined

/** Loads what that needs: most apps do not use it. */
const revoke = () => require('./revoke')

module.exports = { revoke, revokes }
