'use strict'

// What is sent again where the connection broke before it was answered, and how that is told from its own echo.

const assert = require('node:assert/strict')
const { after, afterEach, before, describe, test } = require('node:test')
const { Proxy } = require('../servers/proxy')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const LIFE_MS = 60000

const record = (more) => ({ data: '{"a":1}', maxAge: LIFE_MS, ...more })
const changes = (set, more) => ({ base: 1, set, delete: [], ...more })

describe('what is done again where a connection broke', { skip: servers.skip }, () => {
  let server, proxy, direct, store
  let prefixes = 0
  before(async () => {
    server = await servers.start()
    proxy = await Proxy.before(server.port)
  })
  afterEach(() => direct.close())
  after(async () => {
    await proxy.close()
    await server.stop()
  })

  const dataOf = async (id) => JSON.parse((await direct.load(id)).data)

  /** Has the connection break with a request or its answer, behind what somebody else does at that moment. */
  async function interrupted (kind, operate, inBetween = () => {}) {
    const prefix = `${++prefixes}:`
    direct = new RedisStore({ url: server.url, prefix })
    store = new RedisStore({ url: proxy.urls[0], prefix })
    await direct.create('old', record(), LIFE_MS)
    await store.load('nobody')
    let isCut = false
    proxy.fail(kind, 0, async (connection) => {
      await inBetween()
      isCut = true
      connection.cut()
    })
    const answer = await operate(store).catch((error) => error)
    assert.ok(isCut)
    await store.close()
    return answer
  }

  const merged = (rev) => ({ rev, conflicts: [], maxAge: LIFE_MS })
  const merge = (more) => (to) => to.merge('old', changes('{"a":2,"b":1}', more), LIFE_MS)

  test('is a merge that was carried out, or was not', async () => {
    for (const kind of ['answer', 'request']) {
      assert.deepEqual(await interrupted(kind, merge()), merged(2), kind)
      assert.deepEqual(await dataOf('old'), { a: 2, b: 1 })
      assert.deepEqual(await direct.merge('old', { base: 2, set: '{"a":3}', delete: ['b'] }, LIFE_MS), merged(3))
      await direct.close()
    }
  })

  test('is a merge that takes keys away', async () => {
    for (const kind of ['answer', 'request']) {
      assert.deepEqual(await interrupted(kind, (to) => to.merge('old', { base: 1, set: '', delete: ['a'] }, LIFE_MS)), merged(2))
      assert.deepEqual(await dataOf('old'), {})
      await direct.close()
    }
  })

  test('is a merge behind which others wrote to other keys, and it is told from theirs', async () => {
    const write = () => direct.merge('old', changes('{"c":1}'), LIFE_MS)
    assert.deepEqual(await interrupted('answer', merge(), write), merged(3))
    assert.deepEqual(await dataOf('old'), { a: 2, b: 1, c: 1 })
  })

  test('is no merge where nobody knows whether others wrote before it or behind it', async () => {
    const write = () => direct.merge('old', changes('{"a":7}'), LIFE_MS)
    for (const kind of ['answer', 'request']) {
      assert.equal((await interrupted(kind, merge(), write)).reason, 'lost')
      assert.equal((await dataOf('old')).a, 7)
      await direct.close()
    }
  })

  test('is no merge of a session that was destroyed meanwhile', async () => {
    for (const kind of ['answer', 'request']) {
      assert.equal(await interrupted(kind, merge(), () => direct.destroy('old')), 'missing')
      assert.equal(await direct.load('old'), undefined)
      await direct.close()
    }
  })

  test('is a create that was carried out, or was not; not where somebody else has the id by then', async () => {
    const create = (to) => to.create('new', record(), LIFE_MS)
    for (const kind of ['answer', 'request']) {
      assert.deepEqual(await interrupted(kind, create), { rev: 1 })
      assert.deepEqual(await dataOf('new'), { a: 1 })
      await direct.close()
    }
    const other = () => direct.create('new', record({ data: '{"a":2}' }), LIFE_MS)
    assert.equal(await interrupted('request', create, other), 'taken')
    assert.deepEqual(await dataOf('new'), { a: 2 })
  })
})
