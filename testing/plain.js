'use strict'

const assert = require('node:assert/strict')

const MAX_AGE_MS = 600000

/** Calls a store as koa-session 7 does. */
class Caller {
  constructor (store, { ctx }) {
    this.store = store
    this.ctx = ctx
  }

  async get (id) {
    return this.store.get(id, MAX_AGE_MS, { ctx: this.ctx, rolling: false })
  }

  /** Sets a session as koa-session does: with the envelope, and a ttl longer than the cookie's. */
  async set (id, data, changed = true) {
    const session = { ...data, _expire: Date.now() + MAX_AGE_MS, _maxAge: MAX_AGE_MS }
    await this.store.set(id, session, MAX_AGE_MS + 10000, { changed, ctx: this.ctx, rolling: false })
    return session
  }

  async destroy (id) {
    await this.store.destroy(id, { ctx: this.ctx })
  }
}

/** Throws unless a session is returned as it was set, compared as JSON. A store may compute `_expire` itself, from the time of set. */
function assertSame (actual, expected) {
  const { _expire, ...data } = JSON.parse(JSON.stringify(actual || {}))
  const { _expire: wanted, ...set } = expected
  assert.deepEqual(data, set)
  assert(wanted === undefined ? _expire === undefined : Math.abs(_expire - wanted) < 5000, `_expire is ${_expire}, not ${wanted}`)
}

const clauses = {
  async 'returns what was set' ({ caller, newId }) {
    const id = newId()
    const session = await caller.set(id, {
      text: 'a', number: 1.5, negative: -1, yes: true, no: false, none: null, empty: '', list: [1, [2], { a: 3 }], nested: { a: { b: {} } }
    })
    assertSame(await caller.get(id), session)
  },

  async 'returns nothing for an unknown id' ({ caller, newId }) {
    assert(!await caller.get(newId()))
  },

  async 'replaces what was set before' ({ caller, newId }) {
    const id = newId()
    await caller.set(id, { a: 1, b: { c: 2 } })
    const session = await caller.set(id, { b: { d: 3 } })
    assertSame(await caller.get(id), session)
  },

  async 'moves the expiry of an unchanged session' ({ caller, newId }) {
    const id = newId()
    await caller.set(id, { a: 1 })
    const session = await caller.set(id, { a: 1 }, false)
    assertSame(await caller.get(id), session)
  },

  async 'destroys a session' ({ caller, newId }) {
    const [id, other] = [newId(), newId()]
    await caller.set(id, { a: 1 })
    const kept = await caller.set(other, { b: 1 })
    await caller.destroy(id)
    assert(!await caller.get(id))
    assertSame(await caller.get(other), kept)
  },

  async 'destroys an unknown id without an error' ({ caller, newId }) {
    const id = newId()
    await caller.destroy(id)
    await caller.set(id, { a: 1 })
    await caller.destroy(id)
    await caller.destroy(id)
    assert(!await caller.get(id))
  },

  async 'sets a destroyed id again' ({ caller, newId }) {
    const id = newId()
    await caller.set(id, { a: 1 })
    await caller.destroy(id)
    const session = await caller.set(id, { b: 1 })
    assertSame(await caller.get(id), session)
  },

  async 'keeps a copy, independent of the caller\'s objects' ({ caller, newId }) {
    const id = newId()
    const data = { list: [1], nested: { a: 1 } }
    const expected = JSON.parse(JSON.stringify(await caller.set(id, data)))
    data.list.push(2)
    data.nested.a = 2
    const got = await caller.get(id)
    assertSame(got, expected)
    if (!Object.isFrozen(got) && !Object.isFrozen(got.nested)) got.nested.a = 3
    assertSame(await caller.get(id), expected)
  },

  async 'keeps text of any language' ({ caller, newId }) {
    const id = newId()
    const session = await caller.set(id, {
      café: 'cafe\u0301', 中文: '\u65e5\u672c\u8a9e', emoji: '\ud83d\ude00\ud83c\udff4', quotes: '"\'\\`', blanks: ' \t\r\n\u2028\u00a0', zero: 'a\u0000b'
    })
    assertSame(await caller.get(id), session)
  },

  async 'keeps large sessions' ({ caller, newId, size }) {
    const id = newId()
    const keys = Array.from({ length: 500 }, (_, i) => [`key${i}`, i])
    const session = await caller.set(id, { ...Object.fromEntries(keys), large: 'x'.repeat(size) })
    assertSame(await caller.get(id), session)
  },

  async 'stores a browser session' ({ caller, newId }) {
    const id = newId()
    await caller.store.set(id, { a: 1, _session: true }, 'session', { changed: true, ctx: caller.ctx, rolling: false })
    const got = await caller.store.get(id, 'session', { ctx: caller.ctx, rolling: false })
    assertSame(got, { a: 1, _session: true })
  },

  async 'keeps apart the sessions of many concurrent requests' ({ caller, newId }) {
    const ids = Array.from({ length: 64 }, newId)
    const sessions = await Promise.all(ids.map((id, i) => caller.set(id, { n: i })))
    const got = await Promise.all(ids.map((id) => caller.get(id)))
    for (const [i, session] of sessions.entries()) assertSame(got[i], session)
  }
}

module.exports = { Caller, clauses }
