'use strict'

/** The option `hardened`: it changes the defaults of other options. An option that the app sets keeps its value. */

const { SessionOptionError, invalidOption } = require('../base/errors')

const MINUTE_MS = 60 * 1000

const HARDENED = {
  key: '__Host-koa.sess',
  secure: 'force',
  httpOnly: true,
  sameSite: 'lax',
  idBytes: 32,
  idleTimeout: 30 * MINUTE_MS,
  absoluteTimeout: 12 * 60 * MINUTE_MS,
  cacheControl: true
}

/**
 * Returns the options with these defaults.
 *
 * @param {object} given the caller's options; not modified
 */
function harden (given) {
  const options = { ...given }
  for (const name in HARDENED) options[name] ??= HARDENED[name]
  // An app that makes ids itself says how long they are.
  if (given.genid != null) delete options.idBytes
  if (!given.store && !given.ContextStore) options.seal ??= true
  return options
}

/** Throws if the app has neither a store nor `revocations`: a logout would not end a copied cookie. */
function checkHardened ({ store, ContextStore, revocations }) {
  if (store || ContextStore || revocations != null) return
  throw invalidOption('revocations', 'given with hardened and without a store, since a logout could not end a copied cookie', revocations)
}

/** Throws what would be a warning at the start. */
function refuseWarning (code, message) {
  throw new SessionOptionError(`Invalid input: option hardened: ${message}`, { option: 'hardened', expected: 'options without warnings', received: code })
}

module.exports = { checkHardened, harden, refuseWarning }
