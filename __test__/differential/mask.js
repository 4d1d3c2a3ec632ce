'use strict'

const { sign } = require('./keys')

const anyId = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g

/** Names random ids by their order of appearance, and the signatures over them by the key that made them, so that two runs have the same text. */
class Mask {
  constructor () {
    this.ids = new Map()
    this.signatures = new Map()
  }

  /** Finds the ids in the text and remembers what the signatures over them are, as a value of any of the named cookies. */
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
