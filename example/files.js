'use strict'

const { readFileSync } = require('node:fs')
const { join } = require('node:path')

/** Returns a route that responds with a file of this folder. */
function file (name, type) {
  const content = readFileSync(join(__dirname, name))
  return (ctx) => {
    ctx.type = type
    ctx.body = content
  }
}

module.exports = { 'GET /style.css': file('style.css', 'css'), 'GET /favicon.svg': file('favicon.svg', 'svg') }
