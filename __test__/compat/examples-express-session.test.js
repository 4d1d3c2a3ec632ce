'use strict'

// The examples are apps between which a user may walk, and start by node.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { MemoryStore } = require('express-session')

const { browse } = require('./express/listen')
const { walk } = require('./express/walk')

const folder = join(__dirname, '../../example/migrating/express-session')
const before = require(join(folder, 'before'))
const after = require(join(folder, 'after'))

describe('example/migrating/express-session', () => {
  test('a user logs in before and out after', async (t) => {
    const store = new MemoryStore()
    await walk(...await browse(t, before(store), after(store)))
  })

  test('a user logs in after and out before', async (t) => {
    const store = new MemoryStore()
    await walk(...await browse(t, after(store), before(store)))
  })

  for (const name of ['before', 'after']) {
    test(`${name}.js starts by node`, () => {
      // Stands in for a free port, which the example does not ask for.
      const hook = `
        const { Server } = require('node:net')
        const { listen } = Server.prototype
        Server.prototype.listen = function () {
          return listen.call(this, 0, '127.0.0.1', () => { console.log('listening'); this.close() })
        }`
      const { status, stdout, stderr } = spawnSync(process.execPath,
        ['--import', `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('file:///x/'); ${hook}`)}`, join(folder, `${name}.js`)],
        { encoding: 'utf8' })
      assert.deepEqual([status, stdout, stderr], [0, 'listening\n', ''])
    })
  }
})
