'use strict'

/** A Map of JSON text behind async functions: a store that keeps sessions apart, and costs as little as such a store can. */
class JsonStore {
  #records = new Map()

  async get (id) {
    const text = this.#records.get(id)
    return text === undefined ? undefined : JSON.parse(text)
  }

  async set (id, value) {
    this.#records.set(id, JSON.stringify(value))
  }

  async destroy (id) {
    this.#records.delete(id)
  }
}

module.exports = { JsonStore }
