'use strict'

/** session-file-store, which adds its own key to each session. */

const assert = require('node:assert/strict')
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { after, describe, test } = require('node:test')

const expressSession = require('express-session')
const sessionFileStore = require('session-file-store')

const { connectStore } = require('../../adapters/connect')
const { visit } = require('../harness/server')
const { lifeOfSessions } = require('./life')

const FileStore = sessionFileStore(expressSession)

describe('session-file-store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-files-'))
  after(() => rmSync(folder, { recursive: true }))

  // Without retries for a missing session.
  const store = new FileStore({ path: folder, retries: 0, reapInterval: -1, logFn () {} })
  const fileOf = (id) => join(folder, `${id}.json`)
  const read = (id) => {
    try {
      return JSON.parse(readFileSync(fileOf(id)))
    } catch (err) {
      if (err.code !== 'ENOENT') throw err
    }
  }
  const peek = (id) => {
    const data = read(id)
    return data && { data, ttl: data.__lastAccess + data.cookie.originalMaxAge - Date.now() }
  }
  const plant = (id, data, ttl) => {
    writeFileSync(fileOf(id), JSON.stringify({ ...data, __lastAccess: Date.now(), cookie: { ...data.cookie, originalMaxAge: ttl } }))
  }
  lifeOfSessions(() => ({ adapt: () => connectStore(store), peek, plant }), { keepsData: true })

  describe('the key that the store adds', () => {
    const warnings = []
    const keep = ({ code }) => warnings.push(code)
    process.on('warning', keep)
    after(() => process.off('warning', keep))

    for (const underscoreKeys of [false, true]) {
      test(`is not part of the app's data, with underscoreKeys: ${underscoreKeys}`, async (t) => {
        const keys = underscoreKeys ? ['user', '_mine'] : ['user']
        const respond = (ctx) => {
          if (ctx.path === '/in') for (const key of keys) ctx.session[key] = 'ann'
          else if (ctx.path === '/change') ctx.session.user = 'bob'
          else if (ctx.path === '/replace') ctx.session = { ...ctx.session, user: 'eve' }
          return Object.keys(ctx.session)
        }
        const client = await visit(t, { store: connectStore(store), underscoreKeys }, respond)
        for (const path of ['/in', '/me', '/change', '/me', '/replace', '/me']) assert.deepEqual((await client.get(path)).json, keys)
        assert.equal(typeof read(client.jar.get('koa.sess')).__lastAccess, 'number')
        assert.deepEqual(warnings.filter((code) => code === 'KOA_SESSION_RS_UNDERSCORE'), [])
      })
    }
  })
})
