'use strict'

const { existsSync, readFileSync, writeFileSync } = require('node:fs')

/** Makes a store that keeps sessions in a JSON file. It is for these examples alone: it is slow, and no session expires. */
module.exports = function fileStore (file) {
  const read = () => new Map(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [])
  const write = (records) => writeFileSync(file, JSON.stringify([...records]), { mode: 0o600 })

  return {
    async get (key) { return read().get(key) },
    async set (key, record) { write(read().set(key, record)) },
    async destroy (key) {
      const records = read()
      records.delete(key)
      write(records)
    }
  }
}
