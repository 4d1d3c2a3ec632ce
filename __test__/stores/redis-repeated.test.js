'use strict'

// Commands that are sent again since the connection broke before their replies, and how the store tells whether the first one
// was executed.

const assert = require('node:assert/strict')
const { after, afterEach, before, describe, test } = require('node:test')
const { Proxy } = require('../servers/proxy')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const LIFE_MS = 60000

const record = (more) => ({ data: '{"a":1}', maxAge: LIFE_MS, ...more })
const changes = (set, more) => ({ base: 1, set, delete: [], ...more })

describe('after the connection broke, the store repeats', { skip: servers.skip }, () => {
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

  /** Breaks the connection at a request or its reply, after an operation of another client at that moment. */
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

  test('a merge, whether or not it was executed', async () => {
    for (const kind of ['answer', 'request']) {
      assert.deepEqual(await interrupted(kind, merge()), merged(2), kind)
      assert.deepEqual(await dataOf('old'), { a: 2, b: 1 })
      assert.deepEqual(await direct.merge('old', { base: 2, set: '{"a":3}', delete: ['b'] }, LIFE_MS), merged(3))
      await direct.close()
    }
  })

  test('a merge that deletes keys', async () => {
    for (const kind of ['answer', 'request']) {
      assert.deepEqual(await interrupted(kind, (to) => to.merge('old', { base: 1, set: '', delete: ['a'] }, LIFE_MS)), merged(2))
      assert.deepEqual(await dataOf('old'), {})
      await direct.close()
    }
  })

  test('a merge, even if others wrote to other keys after it', async () => {
    const write = () => direct.merge('old', changes('{"c":1}'), LIFE_MS)
    assert.deepEqual(await interrupted('answer', merge(), write), merged(3))
    assert.deepEqual(await dataOf('old'), { a: 2, b: 1, c: 1 })
  })

  test('no merge if it is unknown whether others wrote before or after it', async () => {
    const write = () => direct.merge('old', changes('{"a":7}'), LIFE_MS)
    for (const kind of ['answer', 'request']) {
      assert.equal((await interrupted(kind, merge(), write)).reason, 'lost')
      assert.equal((await dataOf('old')).a, 7)
      await direct.close()
    }
  })

  test('no merge of a session that was destroyed meanwhile', async () => {
    for (const kind of ['answer', 'request']) {
      assert.equal(await interrupted(kind, merge(), () => direct.destroy('old')), 'missing')
      assert.equal(await direct.load('old'), undefined)
      await direct.close()
    }
  })

  test('a create, whether or not it was executed, unless the id is taken meanwhile', async () => {
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
