'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { MemoryStore } = require('../../stores/memory')
const { of } = require('../harness/app')
const { refuses } = require('../harness/refusal')
const { CountingStore } = require('../harness/store')
const { isIn, list, loggedIn, startUsers } = require('./users')

const HASH = /^[\w-]{43}$/

describe('the sessions of a subject', () => {
  test('are listed with label and times, the oldest first, and the current one marked', async (t) => {
    const server = await startUsers(t, { label: (ctx) => ctx.get('user-agent') })
    const begin = Date.now()
    t.mock.timers.enable({ apis: ['Date'], now: begin })
    const phone = await loggedIn(server, 'ann', 'phone')
    t.mock.timers.setTime(begin + 10)
    const laptop = await loggedIn(server, 'ann', 'laptop')
    await loggedIn(server, 'bob')
    t.mock.timers.setTime(begin + 30)
    await phone.get('/touch')
    const listed = await list(laptop)
    assert.deepEqual(listed.map(({ hash, ...rest }) => rest), [
      { created: begin, seen: begin + 30, label: 'phone', current: false },
      { created: begin + 10, seen: begin + 10, label: 'laptop', current: true }
    ])
    for (const { hash } of listed) assert.match(hash, HASH)
  })

  test('have the same hash as in events', async (t) => {
    const server = await startUsers(t)
    const ann = await loggedIn(server, 'ann')
    const { key } = await server.event('session:regenerated')
    assert.deepEqual((await list(ann)).map(({ hash }) => hash), [key])
  })

  test('are found if subject is a function, and by numbers as well as strings', async (t) => {
    const server = await startUsers(t, { subject: (data, ctx) => data.user && Number(data.user) + (ctx.query.shift ?? 0) })
    const one = await loggedIn(server, '1')
    await loggedIn(server, '1')
    assert.equal((await list(one)).length, 2)
  })

  test('are none for a session without a subject', async (t) => {
    const server = await startUsers(t)
    const nobody = server.visitor()
    await nobody.get('/set?a=1')
    assert.deepEqual(await list(nobody), [])
    assert.deepEqual((await nobody.get('/revoke-others')).json, { ended: 0 })
  })

  test('include a session that got its subject without a new id, but not one that lost its subject', async (t) => {
    const server = await startUsers(t)
    const ann = await loggedIn(server, 'ann')
    const other = server.visitor()
    await other.get('/set?a=1')
    await other.get('/login-in-place?user=ann')
    assert.equal((await list(ann)).length, 2)
    await other.get('/leave')
    assert.equal((await list(ann)).length, 1)
    assert.deepEqual((await other.get('/me')).json, { a: 1 })
  })

  test('include sessions from before the option, after their next request', async (t) => {
    const store = new MemoryStore()
    const before = await startUsers(t, { store, subject: undefined })
    const ann = await loggedIn(before, 'ann')
    const server = await startUsers(t, { store })
    const later = server.visitor()
    later.jar = ann.jar
    assert.deepEqual(await list(later), [])
    assert.deepEqual((await list(later)).map(({ current }) => current), [true])
  })
})

describe('revoking', () => {
  test('ends one session of the same subject', async (t) => {
    const server = await startUsers(t)
    const [phone, laptop] = [await loggedIn(server, 'ann'), await loggedIn(server, 'ann')]
    const { hash } = (await list(laptop)).find(({ current }) => !current)
    assert.deepEqual((await laptop.get(`/revoke?hash=${hash}`)).json, { revoked: true })
    assert.deepEqual([await isIn(phone), await isIn(laptop)], [false, true])
    assert.deepEqual((await laptop.get(`/revoke?hash=${hash}`)).json, { revoked: false })
    assert.deepEqual(server.events.named('session:destroyed').map(({ key }) => key), [hash])
  })

  test('leaves the sessions of other subjects alone', async (t) => {
    const server = await startUsers(t)
    const [ann, bob] = [await loggedIn(server, 'ann'), await loggedIn(server, 'bob')]
    const [{ hash }] = await list(bob)
    assert.deepEqual((await ann.get(`/revoke?hash=${hash}`)).json, { revoked: false })
    assert.deepEqual((await ann.get('/revoke?hash=nonsense')).json, { revoked: false })
    assert.deepEqual((await ann.get('/revoke')).json, { revoked: false })
    assert.equal(await isIn(bob), true)
  })

  test('of its own session also expires the cookie', async (t) => {
    const server = await startUsers(t)
    const ann = await loggedIn(server, 'ann')
    const [{ hash }] = await list(ann)
    assert.deepEqual((await ann.get(`/revoke?hash=${hash}`)).json, { revoked: true })
    assert.equal(ann.cookie, '')
  })

  test('ends all others', async (t) => {
    const server = await startUsers(t)
    const ann = await Promise.all([1, 2, 3].map(() => loggedIn(server, 'ann')))
    const bob = await loggedIn(server, 'bob')
    assert.deepEqual((await ann[1].get('/revoke-others')).json, { ended: 2 })
    assert.deepEqual(await Promise.all([...ann, bob].map(isIn)), [false, true, false, true])
  })

  test('by an administrator ends all of a subject', async (t) => {
    const store = new MemoryStore()
    const server = await startUsers(t, { store })
    const [ann, bob] = [await loggedIn(server, 'ann'), await loggedIn(server, 'bob')]
    assert.equal(await store.destroyAll('ann'), 1)
    assert.deepEqual([await isIn(ann), await isIn(bob)], [false, true])
  })

  test('needs the option subject', async (t) => {
    const code = async (act) => { try { await act() } catch (err) { return { code: err.code } } }
    const routes = {
      '/codes': async (ctx) => Promise.all(
        ['list', 'revoke', 'revokeOthers'].map((name) => code(() => of(ctx)[name]('x')))
      )
    }
    for (const options of [{ subject: undefined }, { subject: undefined, store: new CountingStore() }, { subject: undefined, store: undefined }]) {
      const server = await startUsers(t, options, routes)
      const { json } = await server.visitor().get('/codes')
      assert.deepEqual(json, Array(3).fill({ code: 'ERR_SESSION_SUBJECT' }))
    }
  })
})

test('a subject whose key holds an object', async (t) => {
  const server = await startUsers(t)
  const { status } = await server.visitor().get('/set?user=%7B%7D')
  assert.equal(status, 500)
  assert.deepEqual(server.errors.map(({ code }) => code), ['ERR_SESSION_VALUE'])
})

refuses('subject', [['user', 'undefined', 'store']])
refuses('subject', [['user', 'object', 'store']], { store: new CountingStore() })
refuses('subject', [[1, 'number'], [{}, 'object']], { store: new MemoryStore() })
