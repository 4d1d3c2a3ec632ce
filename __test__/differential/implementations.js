'use strict'

// koa-session and cookies warn of old option names, which scripts use on purpose. `cookies` reads the variable when it is loaded.
process.env.NO_DEPRECATION = 'cookies'
process.noDeprecation = true

const koa3 = require('koa')
const koa2 = require('koa2')
const upstream7 = require('koa-session')
const upstream6 = require('koa-session6')

module.exports = {
  koa2,
  koa3,
  upstream6,
  upstream7: upstream7.default ?? upstream7,
  get ours () { return require('../..') }
}
