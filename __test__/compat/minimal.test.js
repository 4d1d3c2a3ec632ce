'use strict'

// Random scripts with koa-session-minimal and compat/minimal. Its writes to the store are not awaited: their failures are ignored here.

const { before } = require('node:test')

const original = require('koa-session-minimal')

const entry = require('../../compat/minimal')
const { generateMinimal } = require('./koa/generate')
const { testDifferences } = require('./koa/run')

before(() => {
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', () => {})
})

testDifferences({ name: 'minimal', original, entry, generate: generateMinimal, allowed: require('./koa/allowed-minimal') })
