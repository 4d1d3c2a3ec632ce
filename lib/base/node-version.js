'use strict'

// Each entry point of the package loads this first. Its syntax must be valid in old versions of Node.

const { engines, name } = require('../../package.json')

/** Returns whether a version is older than the lowest of a range such as >=20.1. */
function isOlder (version, range) {
  const numbers = version.match(/\d+/g).map(Number)
  const least = range.match(/\d+/g).map(Number)
  const at = least.findIndex((number, i) => number !== numbers[i])
  return at >= 0 && numbers[at] < least[at]
}

/**
 * Throws if Node is older than package.json says.
 *
 * @param {string|undefined} version of Node; undefined in runtimes that only resemble it
 * @param {string} range `>=` and a version
 * @throws {Error} code ERR_SESSION_NODE, with `expected` and `received`
 */
function checkNode (version, range) {
  if (version === undefined || !isOlder(version, range)) return
  const error = new Error(`${name} needs Node ${range}, and this is Node ${version}: run the app with a newer one`)
  throw Object.assign(error, { code: 'ERR_SESSION_NODE', expected: range, received: version })
}

checkNode(process.versions.node, engines.node)

module.exports = { checkNode }
