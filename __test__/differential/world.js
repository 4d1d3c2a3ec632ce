'use strict'

const { Jar } = require('./cookies')
const { makeKeys } = require('./keys')
const { LoggingStore } = require('./store')

const START = 1700000000000

/** What the apps of one script share: the clock, the browser's cookies, the store, the keys, and the log. */
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

  /** Returns whether a value is the ctx of the current request. */
  isOurs (value) {
    return value !== undefined && (value === this.ctx || (value.req !== undefined && value.req === this.ctx?.req))
  }

  /** Changes the keys: by a new array, or in place. */
  rotate (spec) {
    const keys = makeKeys(spec)
    if (spec.inPlace && Array.isArray(this.keys) && Array.isArray(keys)) this.keys.splice(0, this.keys.length, ...keys)
    else this.keys = keys
    this.keysSpec = spec
  }
}

module.exports = World
