'use strict'

// An answer that does not come, at each step of each operation: the connection breaks, or nothing more comes over it, or the server
// stands still for longer than anybody waits. What was asked for may have been done or not; half of it may not.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { after, afterEach, before, describe, mock, test } = require('node:test')
const { setTimeout } = require('node:timers/promises')
const { Proxy } = require('../servers/proxy')
const { until } = require('../servers/process')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const LIFE_MS = 60000
const TIMEOUT_MS = 100
const SUBJECT = 'alice'
/** Operations have so many answers at most. */
const MOST = 12
/** For so long nobody else writes to a session that somebody has begun to move. */
const MOVING_MS = 11000

const record = (more) => ({ data: '{"a":1}', maxAge: LIFE_MS, ...more })
const limited = record({ subject: SUBJECT, limit: { max: 1, overflow: 'oldest' } })
const changes = (set, more) => ({ base: 1, set, delete: [], ...more })
const hash = (id) => createHash('sha256').update(id).digest('base64url')

describe('an answer that does not come', { skip: servers.skip }, () => {
  let server, proxy, direct, store
  let prefixes = 0
  before(async () => {
    server = await servers.start()
    proxy = await Proxy.before(server.port)
  })
  after(async () => {
    await proxy.close()
    await server.stop()
  })
  afterEach(() => mock.restoreAll())

  /** Each makes a fault, and gives how it ends. */
  const faults = {
    'the connection breaks' (connection) {
      connection.cut()
    },
    'nothing more comes over the connection' (connection) {
      connection.mute()
    },
    async 'the server has stood still for longer than anybody waits' (connection) {
      connection.mute()
      server.pause()
      await setTimeout(TIMEOUT_MS * 4)
      server.resume()
    }
  }

  /** Carries out an operation with a fault in place of each of its answers in turn; `check` is told what it answered. */
  async function lose (fault, prepare, operate, check) {
    for (let at = 0, isOver = false; !isOver; at++) {
      assert.ok(at < MOST)
      const prefix = `${++prefixes}:`
      direct = new RedisStore({ url: server.url, prefix })
      store = new RedisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix, timeoutMs: TIMEOUT_MS, connectTimeoutMs: TIMEOUT_MS })
      // So that no step is about the index's being complete, and none about the connection.
      await direct.list(SUBJECT)
      await prepare(direct)
      await until('a connection', () => store.load('nobody').then(() => true, () => false))
      let ended
      proxy.fail('answer', at, (connection) => { ended = fault(connection) })
      const answer = await operate(store).catch((error) => error)
      isOver = proxy.count <= at
      proxy.fail('nothing')
      await ended
      if (answer instanceof Error) {
        // What a broken connection has left in the dark is done again where that does no harm, which nobody notices.
        assert.notEqual(fault, faults['the connection breaks'], answer.stack)
        assert.ok(['timeout', 'lost', 'unreachable'].includes(answer.reason), answer.stack)
      }
      await store.close()
      await check(answer, `answer ${at}`)
      await direct.close()
    }
  }

  /** Gives those of some sessions that are there; of whichever is, a later request can write to it. */
  async function live (ids, at) {
    mock.method(Date, 'now', ((now) => () => now() + MOVING_MS)(Date.now))
    const found = []
    for (const id of ids) {
      const loaded = await direct.load(id)
      if (loaded === undefined) {
        assert.equal(await direct.touch(id, LIFE_MS), 'missing', at)
        continue
      }
      const { rev } = await direct.merge(id, { base: loaded.rev, set: '{"later":1}', delete: [] }, LIFE_MS)
      assert.equal(rev, loaded.rev + 1, at)
      found.push(id)
    }
    const listed = (await direct.list(SUBJECT)).map((entry) => entry.hash)
    assert.deepEqual(listed.sort(), found.map(hash).sort(), at)
    mock.restoreAll()
    return found
  }

  async function dataOf (id) {
    return JSON.parse((await direct.load(id)).data)
  }

  const login = (to) => to.create('old', record({ subject: SUBJECT }), LIFE_MS)
  const visit = (to) => to.create('old', record(), LIFE_MS)

  for (const [name, fault] of Object.entries(faults)) {
    test(`to create, as ${name}`, async () => {
      await lose(fault, () => {}, (to) => to.create('new', record({ subject: SUBJECT }), LIFE_MS), async (created, at) => {
        const found = await live(['new'], at)
        if (!(created instanceof Error)) assert.deepEqual([created, found], [{ rev: 1 }, ['new']], at)
      })
    })

    test(`to create where another has to go for it, as ${name}`, async () => {
      await lose(fault, login, (to) => to.create('new', limited, LIFE_MS), async (created, at) => {
        const found = await live(['old', 'new'], at)
        if (!(created instanceof Error)) assert.deepEqual([created, found], [{ rev: 1 }, ['new']], at)
      })
    })

    test(`to merge, as ${name}`, async () => {
      await lose(fault, login, (to) => to.merge('old', changes('{"a":2,"b":1}'), LIFE_MS), async (merged, at) => {
        const data = await dataOf('old')
        const isMerged = 'b' in data
        assert.deepEqual(data, isMerged ? { a: 2, b: 1 } : { a: 1 }, at)
        assert.ok(isMerged || merged instanceof Error, at)
        assert.deepEqual(await live(['old'], at), ['old'], at)
      })
    })

    test(`to touch, as ${name}`, async () => {
      await lose(fault, login, (to) => to.touch('old', LIFE_MS), async (touched, at) => {
        assert.deepEqual(await live(['old'], at), ['old'], at)
      })
    })

    for (const [who, prepare, more] of [
      ['of somebody', login, {}],
      ['of nobody, who logs in', visit, { subject: SUBJECT, limit: { max: 1, overflow: 'oldest' } }]
    ]) {
      test(`to regenerate a session ${who}, as ${name}`, async () => {
        await lose(fault, prepare, (to) => to.regenerate('old', 'new', changes('{"b":1}', more), LIFE_MS), async (moved, at) => {
          const found = []
          for (const id of ['old', 'new']) if (await direct.load(id) !== undefined) found.push(id)
          assert.equal(found.length, 1, at)
          const hasMoved = found[0] === 'new'
          assert.deepEqual(await dataOf(found[0]), hasMoved ? { a: 1, b: 1 } : { a: 1 }, at)
          assert.ok(hasMoved || moved instanceof Error, at)
          if (hasMoved || prepare === login) assert.deepEqual(await live(['old', 'new'], at), found, at)
        })
      })
    }

    test(`to destroy, as ${name}`, async () => {
      await lose(fault, login, (to) => to.destroy('old'), async (destroyed, at) => {
        const found = await live(['old'], at)
        if (!(destroyed instanceof Error)) assert.deepEqual(found, [], at)
      })
    })

    test(`to destroy all of a subject, as ${name}`, async () => {
      const prepare = async (to) => {
        await login(to)
        await to.create('other', record({ subject: SUBJECT }), LIFE_MS)
      }
      await lose(fault, prepare, (to) => to.destroyAll(SUBJECT), async (destroyed, at) => {
        const found = await live(['old', 'other'], at)
        if (!(destroyed instanceof Error)) assert.deepEqual(found, [], at)
        assert.equal(await direct.destroyAll(SUBJECT), found.length, at)
        assert.deepEqual(await live(['old', 'other'], at), [], at)
      })
    })
  }

  describe('and what is done again', () => {
    const cut = (connection) => connection.cut()

    /** Has the connection break with a request or its answer, behind what somebody else does at that moment. */
    async function interrupted (kind, operate, inBetween = () => {}) {
      const prefix = `${++prefixes}:`
      direct = new RedisStore({ url: server.url, prefix })
      store = new RedisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix })
      await direct.create('old', record(), LIFE_MS)
      await store.load('nobody')
      let isCut = false
      proxy.fail(kind, 0, async (connection) => {
        await inBetween()
        isCut = true
        cut(connection)
      })
      const answer = await operate(store).catch((error) => error)
      assert.ok(isCut)
      await store.close()
      return answer
    }
    afterEach(() => direct.close())

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
})
