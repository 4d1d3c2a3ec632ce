'use strict'

// Installs egg 4 with this checkout as its koa-session, and logs in to an app: node scripts/egg.js
// Given a checkout of @eggjs/session, it runs that package's tests in a copy instead: node scripts/egg.js <folder>
// Installs from the registry, into a temporary folder.

const { spawnSync } = require('node:child_process')
const { copyFileSync, cpSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { basename, join } = require('node:path')
const redis = require('../__test__/servers/redis')
const npm = require('./npm')

const root = join(__dirname, '..')

/** The package.json of an app that uses egg. */
const APP = { name: 'visited', private: true, dependencies: { egg: '4', '@eggjs/session': '4.0.1' } }

/** Folders of a checkout that are not copied. */
const LEFT_OUT = ['.git', 'node_modules', 'dist']

/** The file of the test suite with the port of Redis, and the text with the port. */
const REDIS_CONFIG = 'test/fixtures/redis-session/config/config.default.js'
const REDIS_PORT = 'port: 6379'

/** Installs the dependencies of a manifest, with this checkout as the koa-session of all of them. */
function install (folder, manifest) {
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root }))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({
    ...manifest,
    dependencies: { ...manifest.dependencies, 'koa-session': `file:${filename}` },
    // Without this, @eggjs/session would get its own koa-session, since no version of this package satisfies ^7.0.2.
    overrides: { ...manifest.overrides, 'koa-session': '$koa-session' }
  }))
  npm(['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] })
  const addons = readdirSync(root).filter((name) => name.endsWith('.node'))
  if (addons.length === 0) throw new Error('the addons are not built: npm run prepare')
  for (const name of addons) copyFileSync(join(root, name), join(folder, 'node_modules/koa-session', name))
}

/** Logs in to an app, and returns whether that worked. */
function visit (folder) {
  cpSync(join(__dirname, 'egg'), folder, { recursive: true })
  install(folder, APP)
  return spawnSync(process.execPath, ['visit.js'], { cwd: folder, stdio: 'inherit' }).status === 0
}

/** Runs the test suite of a checkout, and returns whether all tests passed. */
async function test (folder, checkout) {
  const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
  if (manifest.name !== '@eggjs/session') throw new Error(`${checkout} is no checkout of @eggjs/session`)
  cpSync(checkout, folder, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
  install(folder, manifest)
  const server = await redis.start()
  try {
    const config = join(folder, REDIS_CONFIG)
    const text = readFileSync(config, 'utf8')
    if (!text.includes(REDIS_PORT)) throw new Error(`${REDIS_CONFIG} does not say ${REDIS_PORT}`)
    writeFileSync(config, text.replace(REDIS_PORT, `port: ${server.port}`))
    return runSuite(folder)
  } finally {
    await server.stop()
  }
}

function runSuite (folder) {
  const bin = join(folder, 'node_modules/.bin/egg-bin')
  const { status, stdout } = spawnSync(bin, ['test'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  process.stdout.write(stdout)
  // A suite that ran no test has not passed.
  return status === 0 && /^ *[1-9]\d* passing/m.test(stdout)
}

async function main ([checkout]) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'koa-session-rs-egg-')))
  try {
    const isRight = checkout === undefined ? visit(folder) : await test(folder, checkout)
    if (!isRight) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

main(process.argv.slice(2))
