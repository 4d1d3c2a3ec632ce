'use strict'

/** Escapes what a terminal would take for a command, as JSON does it. */
function escaped (text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

module.exports = { escaped }
