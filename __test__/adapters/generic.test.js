'use strict'

const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { describe, test } = require('node:test')

const { genericStore } = require('../../adapters/generic')

const RECORD = { user: 'ann', _expire: Date.now() + 60000, _maxAge: 60000 }

const later = (value) => new Promise((resolve) => setImmediate(resolve, value))
const thunk = (...values) => (callback) => setImmediate(callback, null, ...values)

/** The ways in which a method of such a store returns its result. */
const ANSWERS = {
  'a value': (value) => value,
  'a promise': later,
  'a thunk': thunk,
  'a generator': function * (value) { return value },
  'a generator of a promise': function * (value) { return yield later(value) },
  'a generator of a thunk': function * (value) { return yield thunk(value) },
  'a generator of a generator': function * (value) { return yield ANSWERS['a generator of a thunk'](value) },
  'a generator function': (value) => function * () { return yield later(value) }
}

describe('a store that returns', () => {
  for (const [what, answer] of Object.entries(ANSWERS)) {
    test(`${what} works`, async () => {
      const sessions = new Map()
      const given = []
      const store = genericStore({
        get: (id) => answer(sessions.get(id)),
        set (id, record, ...rest) {
          sessions.set(id, record)
          given.push(rest)
          return answer(true)
        },
        destroy (id) { return answer(sessions.delete(id)) }
      })
      assert.equal(await store.get('id'), undefined)
      await store.set('id', RECORD, 70000, { changed: true })
      assert.deepEqual(given, [[70000]])
      assert.deepEqual(await store.get('id'), RECORD)
      await store.destroy('id')
      assert.equal(await store.get('id'), undefined)
    })
  }

  test('null: there is no such session', async () => {
    assert.equal(await genericStore({ get: async () => null, set () {}, destroy () {} }).get('id'), undefined)
  })
})

describe('the keys of a session', () => {
  test('are loaded as they were set', async () => {
    const sessions = new Map()
    const store = genericStore({
      get: async (id) => sessions.get(id),
      async set (id, record) { sessions.set(id, JSON.parse(JSON.stringify(record))) },
      async destroy () {}
    })
    const record = { ...RECORD, cookie: 1, _mine: 2, 'koa:_mine': 3 }
    await store.set('id', record, 70000)
    assert.equal(JSON.stringify(await store.get('id')), JSON.stringify(record))
  })

  test('are only those of the app', async () => {
    const document = Object.create({ inherited: true }, Object.getOwnPropertyDescriptors({ ...RECORD, _id: 'id', __v: 0, cookie: {} }))
    const store = genericStore({ get: async () => document, set () {}, destroy () {} })
    assert.deepEqual(await store.get('id'), { ...RECORD, cookie: {}, inherited: true })
  })

  test('are not read from a value that is no session', async () => {
    for (const other of ['text', [1], 5]) {
      assert.deepEqual(await genericStore({ get: async () => other, set () {}, destroy () {} }).get('id'), other)
    }
  })
})

describe('a generator', () => {
  const getting = (get) => genericStore({ get, set () {}, destroy () {} }).get('id')

  test('gets the results of values that it yields one by one, or in lists and objects', async () => {
    class Kept { then = 1 }
    const kept = new Kept()
    const seen = []
    await getting(function * () {
      seen.push(yield thunk(1, 2))
      seen.push(yield [later(1), thunk(2), [later(3)], 4])
      seen.push(yield { a: later(1), b: { c: thunk(2) }, d: null })
      seen.push(yield 'text', yield undefined, yield null, yield kept)
      seen.push(yield function * () { return yield later('inner') })
      seen.push(yield { then (resolve) { resolve('thenable') } })
      return RECORD
    })
    assert.deepEqual(seen, [[1, 2], [1, 2, [3], 4], { a: 1, b: { c: 2 }, d: null }, 'text', undefined, null, kept, 'inner', 'thenable'])
  })

  test('has the store as `this`, and failures are thrown into it', async () => {
    const failure = new RangeError('down')
    const store = {
      failure,
      get: function * () {
        const caught = []
        for (const failing of [Promise.reject(this.failure), (callback) => callback(this.failure), [thunk(1), Promise.reject(this.failure)]]) {
          try {
            yield failing
          } catch (err) {
            caught.push(err)
          }
        }
        return { caught }
      },
      set: function * () { yield Promise.reject(failure) },
      destroy: function * () { throw failure }
    }
    const adapted = genericStore(store)
    assert.deepEqual((await adapted.get('id')).caught, [failure, failure, failure])
    await assert.rejects(adapted.set('id', RECORD, 1000), failure)
    await assert.rejects(adapted.destroy('id'), failure)
  })
})

describe('a store that fails', () => {
  const failure = new RangeError('down')

  for (const [how, method] of [
    ['by a thunk', () => (callback) => callback(failure)],
    ['by a promise', async () => { throw failure }],
    ['by throwing', () => { throw failure }],
    ['by a thunk that throws', () => () => { throw failure }]
  ]) {
    test(`${how} rejects`, async () => {
      const store = genericStore({ get: method, set: method, destroy: method })
      await assert.rejects(store.get('id'), failure)
      await assert.rejects(store.set('id', RECORD, 1000), failure)
      await assert.rejects(store.destroy('id'), failure)
    })
  }

  test('with ENOENT has no such session', async () => {
    const get = async () => { throw Object.assign(new Error('no file'), { code: 'ENOENT' }) }
    assert.equal(await genericStore({ get, set () {}, destroy () {} }).get('id'), undefined)
  })
})

describe('a store that is disconnected', () => {
  test('is not called, and rejects', async () => {
    const called = []
    const method = (name) => async () => { called.push(name) }
    const emitter = Object.assign(new EventEmitter(), { get: method('get'), set: method('set'), destroy: method('destroy') })
    const store = genericStore(emitter)
    emitter.emit('disconnect')
    for (const call of [() => store.get('id'), () => store.set('id', RECORD, 1000), () => store.destroy('id')]) {
      await assert.rejects(call, { code: 'ERR_SESSION_STORE' })
    }
    assert.deepEqual(called, [])
    emitter.emit('connect')
    await store.get('id')
    assert.deepEqual(called, ['get'])
  })
})

test('something else than a store is refused', () => {
  for (const [store, option] of [[null, 'store.get'], [{ get () {}, set () {} }, 'store.destroy']]) {
    assert.throws(() => genericStore(store), { code: 'ERR_SESSION_OPTION', option })
  }
})
