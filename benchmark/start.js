'use strict'

/** What a package adds to an app's start: the time of its `require` after Koa's, each time in a new process. */

const { execFile } = require('node:child_process')
const { statSync } = require('node:fs')
const { dirname } = require('node:path')
const { promisify } = require('node:util')
const { median } = require('./stopwatch')

const ROOT = dirname(__dirname)

const PACKAGES = new Map([['koa-session', 'koa-session'], ['minimal', 'koa-session-minimal'], ['ours', ROOT]])

/** Prints the milliseconds of `require` for Koa and then for the package, and the addons that are then loaded. */
const SCRIPT = `
  const before = performance.now()
  require('koa')
  const between = performance.now()
  require(process.argv[1])
  const after = performance.now()
  const addons = Object.keys(require.cache).filter((path) => path.endsWith('.node'))
  process.stdout.write(JSON.stringify({ koa: between - before, own: after - between, addons }))`

/**
 * Measures the starts of all packages in turn.
 *
 * @returns {Promise<Map<string, {koa: number, own: number, addonBytes?: number}>>} milliseconds, medians
 */
async function starts ({ rounds }) {
  const samples = new Map([...PACKAGES.keys()].map((name) => [name, []]))
  // The first round is dropped: it fills the file system's caches.
  for (let round = -1; round < rounds; round++) {
    for (const [name, path] of PACKAGES) {
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', SCRIPT, path], { cwd: ROOT })
      if (round >= 0) samples.get(name).push(JSON.parse(stdout))
    }
  }
  return new Map([...samples].map(([name, list]) => [name, {
    koa: median(list.map(({ koa }) => koa)),
    own: median(list.map(({ own }) => own)),
    addonBytes: list[0].addons.reduce((bytes, path) => bytes + statSync(path).size, 0)
  }]))
}

module.exports = { starts }
