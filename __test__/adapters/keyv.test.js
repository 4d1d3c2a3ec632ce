'use strict'

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')

const { default: KeyvRedis } = require('@keyv/redis')
const { Keyv } = require('keyv')

const { keyvStore } = require('../../adapters/keyv')
const servers = require('../servers/redis')
const { lifeOfSessions } = require('./life')
const { redisKeys } = require('./redis-keys')

const RECORD = { user: 'ann', _expire: Date.now() + 60000, _maxAge: 60000 }

describe('a Keyv in memory', () => {
  const records = new Map()
  const peek = (id) => {
    const text = records.get(`keyv:${id}`)
    if (text === undefined) return undefined
    const { value, expires } = JSON.parse(text)
    return { data: value, ttl: expires - Date.now() }
  }
  const plant = (id, value, ttl) => { records.set(`keyv:${id}`, JSON.stringify({ value, expires: Date.now() + ttl })) }

  lifeOfSessions(() => ({ adapt: () => keyvStore(new Keyv({ store: records })), peek, plant }))
})

describe('a Keyv with @keyv/redis', { skip: servers.skip }, () => {
  let server
  let keyv
  before(async () => {
    server = await servers.start()
    keyv = new Keyv({ store: new KeyvRedis(server.url) })
  })
  after(async () => {
    await keyv.disconnect()
    await server.stop()
  })

  const format = { open: (text) => JSON.parse(text).value, close: (value) => JSON.stringify({ value }) }
  const keys = redisKeys(() => server, 'keyv::keyv:', format)
  lifeOfSessions(() => ({ adapt: () => keyvStore(keyv), ...keys }))

  test('rejects failures, even without the option throwOnErrors', async () => {
    assert.equal(keyv.throwOnErrors, false)
    const store = keyvStore(keyv)
    await store.set('a', RECORD, 60000)
    await server.command('ACL', 'SETUSER', 'default', '-@all', '+acl|setuser')
    for (const call of [() => store.get('a'), () => store.set('a', RECORD, 60000), () => store.destroy('a')]) {
      await assert.rejects(call, /NOPERM/)
    }
    await server.command('ACL', 'SETUSER', 'default', '+@all')
    assert.deepEqual(await store.get('a'), RECORD)
  })
})

describe('a Keyv whose storage fails', () => {
  class Failing extends Map {
    async get () { throw new RangeError('get') }
    async set () { throw new RangeError('set') }
    async delete () { throw new RangeError('delete') }
  }

  test('rejects', async () => {
    const store = keyvStore(new Keyv({ store: new Failing() }))
    for (const call of [() => store.get('a'), () => store.set('a', RECORD, 60000), () => store.destroy('a')]) {
      await assert.rejects(call, RangeError)
    }
  })

  test('rejects also if it only returns false', async () => {
    const store = keyvStore({ get: async () => undefined, set: async () => false, delete: async () => false })
    await assert.rejects(store.set('a', RECORD, 60000), { code: 'ERR_SESSION_STORE' })
    await store.destroy('a')
    assert.equal(await store.get('a'), undefined)
  })
})

test('something else than a Keyv is refused', () => {
  for (const [keyv, option] of [[undefined, 'keyv.get'], [{ get () {}, set () {}, destroy () {} }, 'keyv.delete']]) {
    assert.throws(() => keyvStore(keyv), { code: 'ERR_SESSION_OPTION', option })
  }
})
