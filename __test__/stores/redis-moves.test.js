'use strict'

// Sessions that move to another id while they are destroyed: each operation runs as a whole before each step of the other.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { after, before, describe, test } = require('node:test')
const Redis = require('ioredis')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const LIFE_MS = 60000
const SUBJECT = 'alice'
const record = (more) => ({ data: '{"a":1}', maxAge: LIFE_MS, ...more })
const unchanged = { base: 1, set: '', delete: [] }
const hash = (id) => createHash('sha256').update(id).digest('base64url')

/** A client that waits for `event()` before its command number `at`. */
class Interrupted {
  count = 0
  #client
  #at
  #event

  constructor (client, at, event) {
    this.#client = client
    this.#at = at
    this.#event = event
  }

  async call (...args) {
    if (this.count++ === this.#at) await this.#event()
    return this.#client.call(...args)
  }
}

describe('a session that moves', { skip: servers.skip }, () => {
  let server, client
  let prefixes = 0
  before(async () => {
    server = await servers.start()
    client = new Redis(server.url)
  })
  after(async () => {
    await client.quit()
    await server.stop()
  })

  /**
   * Runs `inner` before each command of `outer` in turn, each time with new sessions; `check` gets the store and both
   * results.
   */
  async function interrupt (prepare, outer, inner, check) {
    for (let at = 0, isOver = false; !isOver; at++) {
      const prefix = `${++prefixes}:`
      const store = new RedisStore({ client, prefix })
      await prepare(store)
      let answer
      const interrupted = new Interrupted(client, at, async () => { answer = await inner(store) })
      const slow = new RedisStore({ client: interrupted, prefix })
      const slowAnswer = await outer(slow)
      isOver = interrupted.count <= at
      assert.ok(isOver || answer !== undefined)
      if (!isOver) await check(store, slowAnswer, answer, `before command ${at}`)
      else assert.ok(at > 2)
    }
  }

  /** Returns the live ones of these sessions, and checks that exactly these are listed. */
  async function live (store, ids, at) {
    const listed = (await store.list(SUBJECT)).map((entry) => entry.hash)
    const found = []
    for (const id of ids) {
      if (await store.load(id) === undefined) continue
      found.push(id)
      assert.ok(listed.includes(hash(id)), `${at}: ${id} is not listed`)
    }
    assert.equal(listed.length, found.length, at)
    return found
  }

  async function login (store) {
    // The store then knows that the index is complete, and sends no commands to find out.
    await store.list(SUBJECT)
    await store.create('me', record({ subject: SUBJECT }), LIFE_MS)
    await store.create('old', record({ subject: SUBJECT }), LIFE_MS)
  }
  const move = (store) => store.regenerate('old', 'new', unchanged, LIFE_MS)
  const all = ['me', 'old', 'new', 'other']

  const revokes = {
    destroyAll: [(store) => store.destroyAll(SUBJECT), [], 2],
    'destroyAll but one': [(store) => store.destroyAll(SUBJECT, { except: hash('me') }), ['me'], 1],
    'a limit': [(store) => store.create('other', record({ subject: SUBJECT, limit: { max: 1, overflow: 'oldest' } }), LIFE_MS), ['other']]
  }
  for (const [name, [revoke, left, count]] of Object.entries(revokes)) {
    const check = async (store, revoked, at) => {
      assert.deepEqual(await live(store, all, at), left, at)
      if (count === undefined) assert.deepEqual(revoked, { rev: 1 }, at)
    }
    test(`is destroyed by ${name} during its move, and does not get its new id`, () => {
      return interrupt(login, move, revoke, async (store, moved, revoked, at) => {
        await check(store, revoked, at)
        assert.ok(moved === 'missing' || moved.rev === 1, at)
        if (moved === 'missing' && count !== undefined) assert.equal(revoked, count, at)
      })
    })
    test(`is destroyed by ${name} even if it moves meanwhile`, () => {
      return interrupt(login, revoke, move, (store, revoked, moved, at) => check(store, revoked, at))
    })
  }

  const logouts = {
    destroy: (store) => store.destroy('old'),
    'destroyAll of its hash': async (store) => await store.destroyAll(SUBJECT, { only: hash('old') }) === 1
  }
  for (const [name, logout] of Object.entries(logouts)) {
    const check = async (store, moved, wasThere, at) => {
      assert.deepEqual(wasThere ? moved : { ...moved }, wasThere ? 'missing' : { rev: 1, conflicts: [], maxAge: LIFE_MS }, at)
      assert.deepEqual(await live(store, all, at), wasThere ? ['me'] : ['me', 'new'], at)
    }
    test(`either is destroyed by ${name}, or has moved`, async () => {
      const seen = new Set()
      await interrupt(login, move, logout, (store, moved, wasThere, at) => {
        seen.add(wasThere)
        return check(store, moved, wasThere, at)
      })
      assert.equal(seen.size, 2)
      const prefix = `${++prefixes}:`
      const store = new RedisStore({ client, prefix })
      await login(store)
      await move(store)
      assert.equal(await logout(store), false)
      assert.deepEqual(await live(store, all, name), ['me', 'new'])
    })
  }

  test('prevents a create under its old id until it has moved', async () => {
    const prepare = (store) => store.create('old', record(), LIFE_MS)
    const seen = new Set()
    await interrupt(prepare, move, (store) => store.create('old', record(), LIFE_MS), async (store, moved, created, at) => {
      const isTaken = created === 'taken'
      // After the move, its old id is free.
      assert.ok(!isTaken || !seen.has(false), at)
      seen.add(isTaken)
      assert.deepEqual(moved, { rev: 1, conflicts: [], maxAge: LIFE_MS }, at)
      assert.notEqual(await store.load('new'), undefined, at)
      assert.equal(await store.load('old') === undefined, isTaken, at)
    })
    assert.deepEqual([...seen], [true, false])
  })

  test('to a taken id keeps its old id, and is listed again, even if another operation removed its entry', async () => {
    const prepare = async (store) => {
      await login(store)
      await store.create('new', record({ subject: SUBJECT }), LIFE_MS)
    }
    await interrupt(prepare, move, (store) => store.list(SUBJECT), async (store, moved, listed, at) => {
      assert.equal(moved, 'taken', at)
      assert.deepEqual(await live(store, all, at), ['me', 'old', 'new'], at)
    })
    const limited = record({ subject: SUBJECT, limit: { max: 3, overflow: 'refuse' } })
    await interrupt(prepare, move, (store) => store.create('other', limited, LIFE_MS), async (store, moved, created, at) => {
      assert.equal(moved, 'taken', at)
      assert.ok((await live(store, all, at)).includes('old'), at)
    })
  })

  test('has moved if the last command of the move is executed twice', async () => {
    const prefix = `${++prefixes}:`
    const twice = async (...args) => {
      if (isEnd(args)) await client.call(...args)
      return client.call(...args)
    }
    const store = new RedisStore({ client, prefix })
    await login(store)
    assert.deepEqual(await move(new RedisStore({ client: { call: twice }, prefix })), { rev: 1, conflicts: [], maxAge: LIFE_MS })
    assert.deepEqual(await live(store, all, 'twice'), ['me', 'new'])

    /** Its only arguments are the new hash and a time. */
    function isEnd (args) { return args.length === 6 && args[4] === hash('new') }
  })

  test('a session created during a destroyAll is either destroyed or listed', async () => {
    const create = (store) => store.create('other', record({ subject: SUBJECT }), LIFE_MS)
    const destroyAll = (store) => store.destroyAll(SUBJECT)
    const check = async (store, _, __, at) => { await live(store, all, at) }
    await interrupt(login, create, destroyAll, check)
    await interrupt(login, destroyAll, create, check)
  })
})

describe('an enormous lifetime', { skip: servers.skip }, () => {
  let server, store
  before(async () => {
    server = await servers.start()
    store = new RedisStore({ url: server.url })
  })
  after(async () => {
    await store.close()
    await server.stop()
  })

  for (const life of [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER]) {
    for (const maxAge of [life, 'session']) {
      test(`${life}, maxAge ${maxAge}: what is written can be read, and written again`, async () => {
        const id = `${life}-${maxAge}`
        const moved = `${id}-2`
        const expire = 2 ** 53
        const kept = maxAge === 'session' ? maxAge : Math.min(maxAge, 2 ** 64)
        await store.create(id, { data: '{}', maxAge, subject: id }, life)
        assert.equal((await store.load(id)).expire, expire)
        assert.deepEqual(await store.merge(id, { base: 1, set: '{"a":1}', delete: [] }, life), { rev: 2, conflicts: [], maxAge: kept })
        assert.equal((await store.load(id)).expire, expire)
        assert.deepEqual(await store.touch(id, life), { maxAge: kept })
        assert.deepEqual(await store.regenerate(id, moved, { base: 2, set: '{"b":1}', delete: [], maxAge }, life), { rev: 3, conflicts: [], maxAge: kept })
        const { data, expire: last } = await store.load(moved)
        assert.deepEqual([data, last], ['{"a":1,"b":1}', expire])
        assert.equal((await store.list(id)).length, 1)
        assert.equal(await store.destroyAll(id), 1)
      })
    }
  }
})
