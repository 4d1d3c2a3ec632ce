'use strict'

const { invalidOption } = require('../base/errors')
const { checkKeys, checkSealKeys } = require('../cookie/protection')

/**
 * Throws for options of protected cookies that do not fit each other.
 *
 * @param {object} given the caller's options, each of which is valid by itself
 * @throws {SessionOptionError}
 */
function checkProtection ({ keys, seal, signed, genid, idBytes }) {
  if (genid != null && idBytes != null) throw invalidOption('genid', 'left out with idBytes, which makes the ids', genid)
  if (keys == null) return
  if (seal) return checkSealKeys(keys, 'keys')
  if (signed === false) throw invalidOption('signed', 'true with keys, which are for signing, or seal', signed)
}

/**
 * Throws if an app's keys, where it has set them already, cannot seal.
 *
 * @param {object} given the caller's options
 * @param {object} app
 */
function checkAppKeys ({ keys, seal }, app) {
  if (!seal || app.keys == null) return
  if (keys == null) checkSealKeys(app.keys, 'app.keys')
  else if (seal.accept === 'signed' || seal.write === 'signed') checkKeys(app.keys, 'app.keys')
}

module.exports = { checkAppKeys, checkProtection }
