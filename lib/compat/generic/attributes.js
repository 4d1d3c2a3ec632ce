'use strict'

/** As many random bytes as koa-generic-session takes for an id. */
const ID_BYTES = 24

const DEFAULT_COOKIE = { httpOnly: true, path: '/', overwrite: true, signed: true, maxAge: 24 * 60 * 60 * 1000 }

/** Returns a cookie's attributes followed by the defaults, in the order in which the original stores them. */
function withDefaults (cookie) {
  const attributes = { ...cookie }
  for (const name in DEFAULT_COOKIE) {
    if (attributes[name] === undefined) attributes[name] = DEFAULT_COOKIE[name]
  }
  return attributes
}

/** Gives an old `maxage` in a cookie's attributes its present name, in place. */
function renameMaxage (attributes) {
  if (!attributes) return attributes
  attributes.maxAge = attributes.maxage ? attributes.maxage : attributes.maxAge
  delete attributes.maxage
  return attributes
}

module.exports = { ID_BYTES, renameMaxage, withDefaults }
