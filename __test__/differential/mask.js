'use strict'

const { sign } = require('./keys')

const anyId = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g

/** Replaces random ids by their order of appearance, and their signatures by the index of the key, so that two runs give equal text. */
class Mask {
  constructor () {
    this.ids = new Map()
    this.signatures = new Map()
  }

  /** Finds the ids in a text, and computes their signatures, as values of each of the cookies. */
  learn (text, cookieNames, prefix, keys) {
    for (const id of new Set(text.match(anyId))) {
      for (const name of cookieNames) {
        for (const index of keys.values.keys()) this.signatures.set(sign(keys, index, `${name}=${prefix}${id}`), `signed-by-key-${index}`)
      }
    }
  }

  /** Returns the text with its ids and their signatures replaced. */
  text (text) {
    for (const [signature, name] of this.signatures) text = text.replaceAll(signature, name)
    return text.replace(anyId, id => {
      if (!this.ids.has(id)) this.ids.set(id, `uuid-${this.ids.size + 1}`)
      return this.ids.get(id)
    })
  }
}

module.exports = Mask
