'use strict'

const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const { MemoryStore } = require('../../stores/memory')
const { SqliteStore } = require('../../stores/sqlite')
const { MODES, contextStoreOf } = require('./modes')
const { CountingStore } = require('./store')

const KEY = 'k'.repeat(32)

/** Where the files of the stores are, until the process ends. */
const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-places-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

let files = 0

/** Where sessions live, and how they are protected: each makes the options. */
const PLACES = {
  'signed cookie': () => ({}),
  'sealed cookie': () => ({ seal: true, keys: [KEY] }),
  'record store': () => ({ store: new CountingStore() }),
  'merged record store': () => ({ store: new CountingStore(), merge: true }),
  'merged ContextStore': () => ({ ContextStore: contextStoreOf(new CountingStore()), merge: true }),
  'externalKey, merged': () => ({ ...MODES.externalKey().options, merge: true }),
  MemoryStore: () => ({ store: new MemoryStore() }),
  SqliteStore: () => ({ store: new SqliteStore({ file: join(folder, `${files++}.db`) }) })
}

module.exports = { PLACES }
