'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { inFlightRecordsOf } = require('../../lib/persistence/in-flight-records')
const Random = require('../differential/random')
const { ENTRIES, SlowStore, gate, lead, wait } = require('./concurrent')

const seed = Number(process.env.COMPAT_SEED ?? 20240229)
const count = Number(process.env.COMPAT_INTERLEAVINGS ?? 150)

const change = (changes) => async (ctx) => { Object.assign(await ctx.session, changes) }
const logout = (ctx) => { ctx.session = null }

/** Begins a request that has loaded the session, runs `meanwhile`, then ends the request with `last`. */
async function during ({ ask }, visitor, first, meanwhile, last) {
  const [begun, resumed] = [gate(), gate()]
  const slow = ask(visitor.another ? withJar(visitor) : visitor, async (ctx) => {
    await first(ctx)
    begun.open()
    await resumed.opened
    await last(ctx)
  })
  await begun.opened
  await meanwhile()
  resumed.open()
  return slow
}

/** Makes another connection of the same browser. */
function withJar (visitor) {
  const another = visitor.another()
  another.jar = visitor.jar
  return another
}

/** Starts an app with a visitor who has a session. */
async function begin (t, { session, options }, given, data) {
  const store = new SlowStore()
  const app = await lead(t, session, { store, ...options, ...given })
  const visitor = app.visitor()
  await app.ask(visitor, change(data))
  assert.deepEqual(store.data, data)
  return { app, store, visitor, ask: app.ask }
}

for (const [name, entry] of Object.entries(ENTRIES)) {
  describe(`concurrent requests of a session, ${name}`, () => {
    test('keep the keys of each other', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { kept: 1 })
      await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), change({ b: { c: [1] } })), change({ d: 1 }))
      assert.deepEqual(store.data, { kept: 1, a: 1, b: { c: [1] }, d: 1 })
    })

    test('keep changes in nested objects, and keys deleted', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { nested: { x: 1 }, other: { y: [1] }, gone: 1, too: 1 })
      const first = async (ctx) => {
        const session = await ctx.session
        session.nested.x = 2
        delete session.gone
      }
      const meanwhile = async (ctx) => {
        const session = await ctx.session
        session.other.y.push(2)
        delete session.too
      }
      await during(app, visitor, first, () => ask(withJar(visitor), meanwhile), () => {})
      assert.deepEqual(store.data, { nested: { x: 2 }, other: { y: [1, 2] } })
    })

    test('have the later value of a key that both change, also one called __proto__', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { a: 1 })
      const own = async (ctx) => { Object.defineProperty(await ctx.session, '__proto__', { value: 1, enumerable: true, configurable: true, writable: true }) }
      await during(app, visitor, change({ a: 2 }), () => ask(withJar(visitor), change({ a: 3, b: 1 })), own)
      assert.equal(JSON.stringify(store.data), '{"a":2,"b":1,"__proto__":1}')
    })

    test('have the later session where one is an array', async (t) => {
      for (const [first, second] of [[[1], { b: 1 }], [{ b: 1 }, [1]]]) {
        const { app, store, visitor, ask } = await begin(t, entry, {}, { a: 1 })
        const [key] = store.records.keys()
        const assign = (data) => async (ctx) => {
          await ctx.session
          ctx.session = data
        }
        await during(app, visitor, assign(second), () => ask(withJar(visitor), assign(first)), () => {})
        assert.deepEqual(JSON.parse(store.records.get(key)), second)
      }
    })

    test('keep values that JSON does not have, in the memory store', async (t) => {
      const app = await lead(t, entry.session, entry.options)
      const visitor = app.visitor()
      await app.ask(visitor, change({ map: new Map() }))
      const assign = async (ctx) => { ctx.session = { ...await ctx.session, a: 1 } }
      await during(app, visitor, assign, () => app.ask(withJar(visitor), change({ b: 1 })), () => {})
      await app.ask(visitor, async (ctx) => {
        const { map, a } = await ctx.session
        assert.ok(map instanceof Map)
        assert.equal(a, 1)
      })
    })

    test('leave nothing in memory', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { a: 1 })
      const [key] = store.records.keys()
      await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), change({ b: 1 })), change({ d: 1 }))
      await ask(visitor, () => { throw new Error('route failed') })
      await ask(visitor, logout)
      assert.equal(inFlightRecordsOf(store).enter(key).record.requests, 1)
    })

    test('do not revive a session after a logout', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
      const slow = await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), logout), change({ b: 1 }))
      assert.equal(store.data, undefined)
      assert.deepEqual(slow.setCookie, [])
    })

    test('may begin a session after a logout', async (t) => {
      const { store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
      await ask(visitor, logout)
      await ask(visitor, change({ user: 'bob' }))
      await ask(visitor, change({ a: 1 }))
      assert.deepEqual(store.data, { user: 'bob', a: 1 })
    })

    test('with concurrent: overwrite, do as with the original', async (t) => {
      const found = []
      for (const session of [entry.original, entry.session]) {
        const results = []
        for (const other of [change({ b: 1 }), logout]) {
          const { app, store, visitor, ask } = await begin(t, { ...entry, session }, { concurrent: 'overwrite' }, { user: 'ann' })
          const slow = await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), other), change({ c: 1 }))
          results.push(store.data, slow.setCookie.length)
        }
        found.push(results)
      }
      assert.deepEqual(found[0][0], { user: 'ann', a: 1, c: 1 })
      assert.deepEqual(found[0][2], { user: 'ann', a: 1, c: 1 })
      assert.deepEqual(found[1], found[0])
    })
  })
}

for (const name of ['generic', 'generic with defer']) {
  const entry = ENTRIES[name]
  describe(`concurrent requests of a session, saved at once, ${name}`, () => {
    const saveWith = (changes) => async (ctx) => {
      await change(changes)(ctx)
      await ctx.saveSession()
    }

    test('lose nothing', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { kept: 1 })
      const seen = []
      const meanwhile = async () => {
        seen.push(store.data)
        await ask(withJar(visitor), change({ b: 1 }))
      }
      await during(app, visitor, saveWith({ a: 1 }), meanwhile, change({ c: 1 }))
      assert.deepEqual(seen, [{ kept: 1, a: 1 }])
      assert.deepEqual(store.data, { kept: 1, a: 1, b: 1, c: 1 })
    })

    test('lose nothing without a change after the save', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { kept: 1 })
      await during(app, visitor, saveWith({ a: 1 }), () => ask(withJar(visitor), change({ b: 1 })), () => {})
      assert.deepEqual(store.data, { kept: 1, a: 1, b: 1 })
    })

    test('do not revive a session after a logout, under no id', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
      const slow = await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), logout), saveWith({ b: 1 }))
      assert.equal(store.records.size, 0)
      assert.deepEqual(slow.setCookie, [])
    })

    test('do not revive a session that one of them has regenerated', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
      const regenerate = async (ctx) => {
        await ctx.regenerateSession()
        await change({ user: 'bob' })(ctx)
      }
      await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), regenerate), () => {})
      assert.deepEqual(store.data, { user: 'bob' })
    })

    test('do not revive a session that the app has destroyed by ctx.sessionStore', async (t) => {
      const { app, store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
      const destroy = async (ctx) => {
        await ctx.session
        await ctx.sessionStore.destroy(ctx.sessionId)
      }
      await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), destroy), () => {})
      assert.equal(store.data, undefined)
    })

    test('keep the time at which the cookie expires', async (t) => {
      const expires = new Date(4e12)
      const { app, store, visitor, ask } = await begin(t, entry, { cookie: { expires } }, { kept: 1 })
      const slow = await during(app, visitor, change({ a: 1 }), () => ask(withJar(visitor), change({ b: 1 })), () => {})
      assert.equal(slow.status, 200)
      assert.deepEqual(store.data, { kept: 1, a: 1, b: 1 })
    })

    test('store under the same id what is assigned after the session was destroyed in one of them', async (t) => {
      const { store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
      const [key] = store.records.keys()
      await ask(visitor, async (ctx) => {
        await ctx.session
        ctx.session = null
        await ctx.saveSession()
        ctx.session = { user: 'bob' }
      })
      assert.deepEqual(store.data, { user: 'bob' })
      assert.deepEqual([...store.records.keys()], [key])
    })
  })
}

describe('with defer, a session that the app assigns', () => {
  const entry = ENTRIES['generic with defer']

  test('while it is loaded is the one that is stored', async (t) => {
    const { store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
    const [key] = store.records.keys()
    await ask(visitor, async (ctx) => {
      const reading = ctx.session
      ctx.session = { user: 'bob' }
      await reading
      assert.deepEqual(await ctx.session, { user: 'bob' })
    })
    assert.deepEqual(store.data, { user: 'bob' })
    assert.deepEqual([...store.records.keys()], [key])
  })

  test('while it is loaded, without an await, is stored too', async (t) => {
    const { store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
    store.turns = () => 3
    await ask(visitor, (ctx) => {
      ctx.session.catch(() => {})
      ctx.session = { user: 'bob' }
    })
    assert.deepEqual(store.data, { user: 'bob' })
  })

  test('without reading it is stored by saveSession(), and regenerateSession() gives it a new id', async (t) => {
    const { store, visitor, ask } = await begin(t, entry, {}, { user: 'ann' })
    const [key] = store.records.keys()
    await ask(visitor, async (ctx) => {
      ctx.session = { user: 'bob' }
      await ctx.saveSession()
      assert.deepEqual(store.data, { user: 'bob' })
    })
    assert.deepEqual([...store.records.keys()], [key])
    await ask(visitor, async (ctx) => {
      ctx.session = { user: 'eve' }
      await ctx.regenerateSession()
      await change({ user: 'eve' })(ctx)
    })
    assert.deepEqual(store.data, { user: 'eve' })
    assert.notDeepEqual([...store.records.keys()], [key])
  })
})

/** Draws what a request does: waits, changes keys, saves, destroys. */
function drawSteps (random, isGeneric) {
  return random.times(1 + random.below(5), () => {
    const kind = random.weighted({ set: 5, delete: 2, nested: 2, save: isGeneric ? 1.5 : 0, logout: 0.4 })
    return { kind, key: random.pick(['a', 'b', 'c']), value: random.below(1e6), turns: random.below(6) }
  })
}

const steps = {
  async set (ctx, { key, value }) { (await ctx.session)[key] = value },
  async delete (ctx, { key }) { delete (await ctx.session)[key] },
  async nested (ctx, { value }) { (await ctx.session).nested.list.push(value) },
  save: (ctx) => ctx.saveSession(),
  logout: (ctx) => { ctx.session = null }
}

/** Applies the changes from one version of a session to another. */
function merge (state, before, after) {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) delete state[key]
  }
  for (const [key, value] of Object.entries(after)) {
    if (JSON.stringify(value) !== JSON.stringify(before[key])) state[key] = value
  }
}

const clone = (value) => value === undefined ? undefined : JSON.parse(JSON.stringify(value))

/** Sends concurrent requests; a model applies their changes in the order of the writes. */
async function interleave (t, name, entry, seed) {
  const random = new Random(seed)
  const { store, visitor, ask } = await begin(t, entry, {}, { a: 1, nested: { list: [] } })
  const [main] = store.records.keys()
  const requests = new Map()
  let state = JSON.parse(store.records.get(main))
  store.turns = () => random.below(5)
  store.onWrite = (path, operation, key, data) => {
    if (key !== main) return
    if (operation === 'destroy') {
      state = undefined
      return
    }
    assert.notEqual(state, undefined, 'a session that was destroyed is written')
    const request = requests.get(path)
    const now = clone(request.session())
    merge(state, request.before, now)
    request.before = now
    assert.deepEqual(data, state)
  }
  const route = (script) => async (ctx) => {
    const session = await ctx.session
    if (session.nested === undefined) return
    requests.set(ctx.path, { before: clone(session), session: () => name === 'minimal' ? ctx.session : ctx._session })
    for (const step of script) {
      await wait(step.turns)
      await steps[step.kind](ctx, step)
      if (step.kind === 'logout') return
    }
  }
  const scripts = random.times(2 + random.below(3), () => ({ delay: random.below(8), steps: drawSteps(random, name !== 'minimal') }))
  await Promise.all(scripts.map(async ({ delay, steps }) => {
    await wait(delay)
    const { status } = await ask(withJar(visitor), route(steps))
    assert.equal(status, 200)
  }))
  assert.deepEqual(store.records.has(main) ? JSON.parse(store.records.get(main)) : undefined, state)
}

for (const [name, entry] of Object.entries(ENTRIES)) {
  test(`random interleavings end as if the requests had come one after another, ${name}: COMPAT_SEED=${seed}`, async () => {
    for (let next = seed; next < seed + count; next++) {
      const ends = []
      try {
        await interleave({ after: (end) => ends.push(end) }, name, entry, next)
      } catch (err) {
        assert.fail(`seed ${next}: ${err.stack}`)
      } finally {
        for (const end of ends) await end()
      }
    }
  })
}
