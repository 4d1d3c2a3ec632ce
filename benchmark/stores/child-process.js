'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const { mkdtempSync, readdirSync, rmSync, statSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const redis = require('../../__test__/servers/redis')

/** The heap limit of a process with a store in memory. */
const HEAP_MIB = 12_288

/** Returns the size of all files in a folder, in bytes. */
function bytesOn (folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

async function bytesOf (server) {
  return Number(/used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))[1])
}

/** The place where the subjects of each part keep their sessions; `leave` removes it. */
const PLACES = {
  memory: async () => ({ where: {}, bytes: () => undefined, leave () {} }),
  async sqlite () {
    const folder = mkdtempSync(join(tmpdir(), 'bench-stores-'))
    return { where: { folder }, bytes: async () => bytesOn(folder), leave: () => rmSync(folder, { recursive: true }) }
  },
  async redis () {
    const server = await redis.start()
    return { where: { url: server.url, server: server.pid }, bytes: () => bytesOf(server), leave: () => server.stop() }
  }
}

/**
 * Measures a subject in a new process, with its own server or folder.
 *
 * @returns {Promise<object>} figures
 */
async function figuresOf ({ name, part }, options) {
  const place = await PLACES[part]()
  try {
    return await runChild(name, { ...options, ...place.where }, place.bytes)
  } finally {
    await place.leave()
  }
}

async function runChild (name, options, bytes) {
  const child = fork(join(__dirname, 'child.js'), [name, JSON.stringify(options)], {
    execArgv: ['--expose-gc', `--max-old-space-size=${HEAP_MIB}`],
    env: { ...process.env, NODE_ENV: 'production' }
  })
  let figures
  let failure
  child.on('message', (message) => {
    if (message !== 'bytes') figures = message
    else bytes().then((count) => child.send(count)).catch((error) => { failure = error; child.kill() })
  })
  // All messages arrive before the channel closes.
  await Promise.all([once(child, 'disconnect'), once(child, 'exit')])
  if (figures === undefined) throw failure ?? new Error(`the process of ${name} has ended`)
  return figures
}

module.exports = { figuresOf }
