'use strict'

const assert = require('node:assert/strict')

const { LIFE_MS, at, changes } = require('./world')

/** A session store can also be used with koa-session itself: it has `get` and `set`. */
const clauses = {
  async 'gives koa-session a session with its lifetime' (world) {
    const { store } = world
    const now = Date.now()
    const timed = await at(now, () => world.created({ data: '{"a":1,"__proto__":2}', maxAge: 5000 }))
    const got = await at(now + 5000, () => store.get(timed, 5000, { ctx: {}, rolling: false }))
    assert.equal(JSON.stringify(got), `{"a":1,"__proto__":2,"_expire":${now + 5000},"_maxAge":5000}`)
    const browser = await world.created({ data: '{"a":1}', maxAge: 'session' })
    assert.deepEqual(await store.get(browser), { a: 1, _session: true })
    assert.equal(await at(now + 5001, () => store.get(timed)), undefined)
    assert.equal(await store.get(world.newId()), undefined)
  },

  async 'stores what koa-session sets, in place of what was there' (world) {
    const { store } = world
    const now = Date.now()
    const id = world.newId()
    const set = (session, maxAge) => at(now, () => store.set(id, session, maxAge, { changed: true, ctx: {}, rolling: false }))
    await set({ a: 1, b: 1, _expire: now + 5000, _maxAge: 5000 }, 15000)
    assert.deepEqual(await at(now, () => store.get(id)), { a: 1, b: 1, _expire: now + 5000, _maxAge: 5000 })
    await at(now, () => store.merge(id, changes({ set: '{"c":1}' }), LIFE_MS))
    await set({ b: 2, _expire: now + 7000, _maxAge: 7000 }, 17000)
    assert.deepEqual(await at(now, () => store.get(id)), { b: 2, _expire: now + 7000, _maxAge: 7000 })
    await set({ b: 2, _session: true }, 'session')
    assert.deepEqual(await at(now, () => store.get(id)), { b: 2, _session: true })
    await set({ b: 2, _expire: now + 8000, _maxAge: 8000 }, 18000)
    assert.deepEqual(await at(now, () => store.get(id)), { b: 2, _expire: now + 8000, _maxAge: 8000 })
    assert.equal((await world.loaded(id)).data, '{"b":2}')
    await store.destroy(id, { ctx: {} })
    assert.equal(await store.get(id), undefined)
  },

  async 'keeps one of many sessions that koa-session sets at once' (world) {
    const { store } = world
    const id = world.newId()
    const written = Array.from({ length: 8 }, (_, i) => ({ [`key${i}`]: i, n: i }))
    await Promise.all(written.map((session) => store.set(id, { ...session, _expire: Date.now() + LIFE_MS, _maxAge: LIFE_MS }, LIFE_MS)))
    const data = JSON.parse((await world.loaded(id)).data)
    assert.deepEqual(data, written[data.n])
  }
}

module.exports = clauses
