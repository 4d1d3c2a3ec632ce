'use strict'

// Parses Redis's protocol as far as needed to find the ends of requests and replies.

const CR = 0x0d
const TEXTS = '$!='
const LISTS = '*%~>'

/** Returns the end of the value that begins at an offset; -1 if it is incomplete. */
function endOf (bytes, start) {
  const line = bytes.indexOf(CR, start)
  if (line === -1 || line + 1 >= bytes.length) return -1
  const type = String.fromCharCode(bytes[start])
  const length = Number(bytes.latin1Slice(start + 1, line))
  let end = line + 2
  if (TEXTS.includes(type) && length >= 0) end += length + 2
  for (let left = LISTS.includes(type) ? length * (type === '%' ? 2 : 1) : 0; left > 0 && end !== -1; left--) end = endOf(bytes, end)
  return end > bytes.length ? -1 : end
}

/** Divides the data of a connection into values. */
class Values {
  #rest = Buffer.alloc(0)

  /** Adds bytes, and returns the values that are complete with them. */
  take (bytes) {
    const values = []
    const rest = Buffer.concat([this.#rest, bytes])
    let start = 0
    for (let end = endOf(rest, start); end !== -1; end = endOf(rest, start)) {
      values.push(rest.subarray(start, end))
      start = end
    }
    this.#rest = rest.subarray(start)
    return values
  }
}

module.exports = { Values }
