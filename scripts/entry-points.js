'use strict'

// Loads each entry point of the package, and prints as JSON what it throws: { './stores/memory': { code, expected, received } }.
// Old versions of Node have to understand it.

const { join } = require('node:path')
const { exports: entries } = require('../package.json')

const thrown = {}
for (const name of Object.keys(entries)) {
  // package.json is data.
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
