'use strict'

// Random scripts with koa-generic-session and compat/generic.

const original = require('koa-generic-session')

const entry = require('../../compat/generic')
const { generateGeneric } = require('./koa/generate')
const { testDifferences } = require('./koa/run')

testDifferences({
  name: 'generic', original, entry, generate: (seed) => ({ ...generateGeneric(seed), isGeneric: true }), allowed: require('./koa/allowed-generic')
})
