'use strict'

/** connect-loki, which also returns expired sessions, and returns its own objects, not copies. */

const { before, describe } = require('node:test')
const { once } = require('node:events')
const { join } = require('node:path')
const { tmpdir } = require('node:os')

const connectLoki = require('connect-loki')
const expressSession = require('express-session')

const { connectStore } = require('../../adapters/connect')
const { lifeOfSessions } = require('./life')

const LokiStore = connectLoki(expressSession)

describe('connect-loki', () => {
  // No file exists, and none is written.
  const store = new LokiStore({ path: join(tmpdir(), 'koa-session-rs-absent.db'), autosave: false })
  before(async () => { if (!store.collection) await once(store, 'connect') })

  const find = (id) => store.collection.findOne({ sid: id })?.content
  const peek = (id) => {
    const content = find(id)
    return content && { data: JSON.parse(JSON.stringify(content)), ttl: new Date(content.cookie.expires) - Date.now() }
  }
  const plant = (id, data, ttl) => {
    const cookie = { ...data.cookie, expires: new Date(Date.now() + ttl).toISOString() }
    store.collection.findAndUpdate({ sid: id }, (row) => { row.content = { ...data, cookie } })
  }
  lifeOfSessions(() => ({ adapt: () => connectStore(store), peek, plant }), { keepsData: true, copies: false })
})
