'use strict'

// Loads each entry point of the package, and prints their errors as JSON: { './stores/memory': { code, expected, received } }.
// This file has to run in old versions of Node.

const { join } = require('node:path')
const { exports: entries } = require('../package.json')

const thrown = {}
for (const name of Object.keys(entries)) {
  // package.json is not code.
  if (typeof entries[name] === 'string') continue
  try {
    require(join(__dirname, '..', entries[name].default))
    thrown[name] = null
  } catch (error) {
    const { code, expected, received } = error
    thrown[name] = { code, expected, received }
  }
}
console.log(JSON.stringify(thrown))
