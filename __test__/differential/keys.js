'use strict'

const Keygrip = require('keygrip')

/** Makes `app.keys` from its description in the script: strings, bytes, a Keygrip, nothing. */
function makeKeys ({ as, values, algorithm, encoding }) {
  switch (as) {
    case 'strings': return [...values]
    case 'buffers': return values.map(value => Buffer.from(value))
    case 'bytes': return values.map(value => Uint8Array.from(Buffer.from(value)))
    case 'mixed': return values.map((value, index) => index % 2 ? Buffer.from(value) : value)
    case 'keygrip': return new Keygrip([...values], algorithm, encoding)
    case 'none': return undefined
  }
}

/** Signs a text by one of the described keys, that at `index`. */
function sign ({ as, values, algorithm, encoding }, index, text) {
  const key = values[index % values.length]
  if (key === undefined) return 'unsigned'
  return as === 'keygrip' ? new Keygrip([key], algorithm, encoding).sign(text) : new Keygrip([key]).sign(text)
}

module.exports = { makeKeys, sign }
