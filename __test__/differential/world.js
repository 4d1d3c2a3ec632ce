'use strict'

const { Jar } = require('./cookies')
const { makeKeys } = require('./keys')
const { LoggingStore } = require('./store')

const START = 1700000000000

/** What the apps of one play share: the clock, the browser, the store, the keys, and the record that is being written. */
class World {
  constructor (script) {
    this.clock = { now: START }
    this.jar = new Jar(this.clock)
    this.ids = 0
    this.lines = []
    this.rotate(script.app.keys)
    this.store = script.store && new LoggingStore(script.store, this)
    this.sharedError = new Error('shared')
  }

  log (line) {
    this.lines.push(line)
  }

  /** Returns whether the value is the context of the request that is being played. */
  isOurs (value) {
    return value !== undefined && (value === this.ctx || (value.req !== undefined && value.req === this.ctx?.req))
  }

  /** Changes the keys: a new array, or the one that the apps hold already. */
  rotate (spec) {
    const keys = makeKeys(spec)
    if (spec.inPlace && Array.isArray(this.keys) && Array.isArray(keys)) this.keys.splice(0, this.keys.length, ...keys)
    else this.keys = keys
    this.keysSpec = spec
  }
}

module.exports = World
