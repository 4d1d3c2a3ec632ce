'use strict'

/** An ASCII control character, or a path segment `..`. */
// eslint-disable-next-line no-control-regex
const UNACCEPTABLE = /[\0-\x1f\x7f]|(?:^|[/\\])\.\.(?:[/\\]|$)/

const MAX_ID_BYTES = 4096

/** Returns whether an id that came from a client may be passed to a store. */
function isAcceptableId (id) {
  if (id === '' || UNACCEPTABLE.test(id)) return false
  // UTF-8 needs at most three bytes for each UTF-16 code unit.
  return id.length * 3 <= MAX_ID_BYTES || Buffer.byteLength(id) <= MAX_ID_BYTES
}

module.exports = { isAcceptableId }
