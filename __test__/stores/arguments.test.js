'use strict'

// Invalid ids and subjects have to throw this package's own errors: an app that passes a wrong value to `destroy` must not
// believe that the session has ended.

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const { SqliteFolder, newRecord } = require('./sqlite-folder')
const servers = require('../servers/redis')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')

const TTL_MS = 600_000
const NONE = { base: 1, set: '', delete: [] }

const folder = new SqliteFolder()
after(() => folder.remove())

/** Calls a method, and turns a thrown error into a rejection. */
const call = async (store, method, ...args) => store[method](...args)

function suite (make) {
  const stores = []
  const open = () => {
    const store = make()
    stores.push(store)
    return store
  }
  after(() => Promise.all(stores.map((store) => store.close())))

  for (const [method, ...rest] of [
    ['create', newRecord({}), TTL_MS], ['load'], ['merge', NONE, TTL_MS], ['touch', TTL_MS], ['destroy'],
    ['regenerate', 'new', NONE, TTL_MS], ['get'], ['set', {}, TTL_MS]
  ]) {
    test(`${method}: refuses an id that is no well-formed string`, async () => {
      const store = open()
      for (const id of [7, {}, null, undefined, ['a'], 'a\ud800', '\udfff', Symbol('a')]) {
        await assert.rejects(call(store, method, id, ...rest), { name: 'TypeError', code: 'ERR_SESSION_ID' })
      }
    })
  }

  test('regenerate: refuses such a new id', async () => {
    const store = open()
    await store.create('moving', newRecord({}), TTL_MS)
    for (const id of [7, {}, undefined, 'a\ud800']) {
      await assert.rejects(call(store, 'regenerate', 'moving', id, NONE, TTL_MS), { name: 'TypeError', code: 'ERR_SESSION_ID' })
    }
    assert.equal((await store.load('moving')).rev, 1)
  })

  test('ids beyond ASCII are valid, also with pairs of surrogates', async () => {
    const store = open()
    for (const id of ['\u{1f600}', '\u00e4', '\u4e00', '\ufffd']) {
      assert.deepEqual(await store.create(id, newRecord({ id }), TTL_MS), { rev: 1 })
      assert.deepEqual(JSON.parse((await store.load(id)).data), { id })
    }
  })

  test('a subject may be any value that the option subject may return', async () => {
    const store = open()
    for (const [index, subject] of [7, 7n, -0.5, '7', 2n ** 70n].entries()) {
      await store.create(`of ${index}`, newRecord({}, { subject: String(subject) }), TTL_MS)
      assert.equal((await store.list(subject)).length, 1)
      assert.equal(await store.destroyAll(subject), 1)
      assert.deepEqual([await store.list(subject), await store.load(`of ${index}`)], [[], undefined])
    }
  })

  for (const method of ['list', 'destroyAll']) {
    test(`${method}: refuses any other subject`, async () => {
      const store = open()
      for (const subject of [undefined, null, {}, ['u'], NaN, Infinity, true, 'u\ud800', Symbol('u'), () => 'u']) {
        await assert.rejects(call(store, method, subject), { name: 'TypeError', code: 'ERR_SESSION_VALUE' })
      }
    })
  }
}

describe('MemoryStore', () => suite(() => new MemoryStore()))
describe('SqliteStore', () => suite(() => folder.open()))
describe('RedisStore', { skip: servers.skip }, () => {
  let server
  let prefixes = 0
  before(async () => { server = await servers.start() })
  after(() => server.stop())
  suite(() => new RedisStore({ url: server.url, prefix: `arguments-${process.pid}-${++prefixes}:` }))
})
