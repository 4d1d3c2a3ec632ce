'use strict'

/** What a package adds to an app's start: the time of its `require` after Koa's, each time in a new process. */

const { execFile, execFileSync } = require('node:child_process')
const { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')
const { promisify } = require('node:util')
const Installation = require('../scripts/installation')
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

/** Installs this package as it is published, with the addon of this checkout as the platform's package. */
function installed () {
  const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-start-'))
  try {
    const tarballs = execFileSync(process.execPath, [join(ROOT, 'scripts/main-package.js'), folder], { encoding: 'utf8' }).split('\n')
    const installation = new Installation([tarballs[0]])
    const main = readdirSync(ROOT).find((file) => /^koa-session-rs\..+\.node$/.test(file))
    const name = main.replace('.', '-').replace('.node', '')
    const manifest = installation.write(`node_modules/${name}/package.json`, JSON.stringify({ name, main }))
    copyFileSync(join(ROOT, main), join(dirname(manifest), main))
    return installation
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * Measures the starts of all packages in turn: of this one, the checkout (`ours`), and the package as it is published.
 *
 * @returns {Promise<Map<string, {koa: number, own: number, addonBytes?: number}>>} milliseconds, medians
 */
async function starts ({ rounds }) {
  const installation = installed()
  try {
    return await measured(new Map([...PACKAGES, ['ours, published', installation.path('node_modules/koa-session-rs')]]), rounds)
  } finally {
    installation.remove()
  }
}

async function measured (packages, rounds) {
  const samples = new Map([...packages.keys()].map((name) => [name, []]))
  // The first round is dropped: it fills the file system's caches.
  for (let round = -1; round < rounds; round++) {
    for (const [name, path] of packages) {
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
