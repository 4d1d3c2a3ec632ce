'use strict'

const { loadPackaged } = require('../../native/addon')

/** The addon of the Redis store. */
module.exports = loadPackaged('koa-session-rs-redis', (errors) => {
  // A literal, so that tracers find the package; inside a try, so that bundlers treat it as optional.
  try { return require('koa-session-rs-redis') } catch (error) { errors.push(error) }
})
