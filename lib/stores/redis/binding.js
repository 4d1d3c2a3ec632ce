'use strict'

const { loadPackaged } = require('../../native/addon')

/** The addon of the Redis store. */
module.exports = loadPackaged('koa-session-rs-redis', (errors) => {
  // A literal inside a try: tracers find the package by it, and bundlers take a missing one for optional.
  try { return require('koa-session-rs-redis') } catch (error) { errors.push(error) }
})
