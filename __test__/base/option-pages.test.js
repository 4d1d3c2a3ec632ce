'use strict'

// The error for a wrong option names a page that is packed, has the section, and describes the option.

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const Koa = require('koa')
const session = require('../..')
const { OTHERS, PAGES, pageOf } = require('../../lib/base/option-pages')
const { connectStore } = require('../../adapters/connect')
const { genericStore } = require('../../adapters/generic')
const { keyvStore } = require('../../adapters/keyv')
const compatGeneric = require('../../compat/generic')
const compatMinimal = require('../../compat/minimal')
const { Revocations } = require('../../revocations')
const { MemoryStore } = require('../../stores/memory')
const { RedisStore } = require('../../stores/redis')
const { SqliteStore } = require('../../stores/sqlite')
const { sessionStoreContract } = require('../../testing')
const { errorOf } = require('../harness/refusal')
const { optionNames } = require('../harness/option-names')
const { Declarations } = require('../types/compiler')

const root = join(__dirname, '../..')
const { files: packed } = require('../../package.json')

const anchorOf = (heading) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')

/** Returns the text of a page: its section, with those inside it, or the whole file. */
function textOf (page) {
  const [file, anchor] = page.split('#')
  assert.ok(file === 'README.md' || packed.some((name) => file === name || (name.endsWith('/') && file.startsWith(name))), `${file} is packed`)
  const text = readFileSync(join(root, file), 'utf8')
  if (anchor === undefined) return text
  const parts = text.split(/^(?=#+ )/m)
  const level = (part) => /^#*/.exec(part)[0].length
  const begin = parts.findIndex((part) => level(part) > 0 && anchorOf(/^#+ (.+)/.exec(part)[1]) === anchor)
  assert.notEqual(begin, -1, `${page} exists`)
  const end = parts.findIndex((part, at) => at > begin && level(part) <= level(parts[begin]))
  return parts.slice(begin, end === -1 ? undefined : end).join('')
}

/** Checks that a page describes an option; `store.get` is described with `store`. */
function assertDescribes (page, option) {
  const name = /^(?:app\.)?\w+/.exec(option)[0]
  assert.match(textOf(page), new RegExp(`\\b${name.replace('.', '\\.')}\\b`), `${page} describes ${option}`)
}

/** Returns what a function throws. */
function thrownBy (run) {
  try {
    run()
  } catch (error) {
    return error
  }
  assert.fail('there is no error')
}

describe('the table of pages', () => {
  for (const option of new Set([...Object.keys(PAGES), ...optionNames()])) {
    test(`names a section that describes ${option}`, () => assertDescribes(pageOf(option), option))
  }

  test('has options of session() alone', () => {
    const known = ['app', 'app.keys', ...optionNames()]
    assert.deepEqual(Object.keys(PAGES).filter((name) => !known.includes(name)), [])
  })

  test('finds the page of a method, and of anything', () => {
    assert.deepEqual(['store.get', "store[Symbol.for('x')]", 'externalKey.set'].map(pageOf), [PAGES.store, PAGES.store, PAGES.externalKey])
    assert.deepEqual(['ContextStore.prototype.get', 'opts', 'constructor', '', '-'].map(pageOf), Array(5).fill(OTHERS))
  })
})

/** Wrong options of the other functions and classes, and the option that the error names. */
const WRONG = [
  [() => session({}), 'app'],
  [() => session({ subject: 'user' }, new Koa()), 'store'],
  [() => session({ store: { [session.STORE]: 2 } }, new Koa()), "store[Symbol.for('koa-session-rs.store')]"],
  [() => session({ store: { [session.STORE]: 1 } }, new Koa()), 'store.create'],
  [() => new MemoryStore({ maxBytes: '1' }), 'maxBytes'],
  [() => new MemoryStore({ maxEntries: 0 }), 'maxEntries'],
  ...['file', 'synchronous', 'busyTimeout', 'maxBytes'].map((name) => [() => new SqliteStore({ file: 'a.db', [name]: {} }), name]),
  ...new Declarations(join(root, 'stores/redis.d.ts')).membersOf('RedisStoreOptions').map(({ name }) =>
    [() => new RedisStore({ [name]: () => {} }), name]),
  [() => new RedisStore({ url: 'redis://a', client: 1 }), 'client'],
  [() => connectStore({}, {}), 'store.get', 'adapter'],
  [() => genericStore({}), 'store.get', 'adapter'],
  [() => keyvStore({}), 'keyv.get', 'adapter'],
  [() => connectStore({ get () {}, set () {}, destroy () {} }, { reconnectTimeout: 'soon' }), 'reconnectTimeout'],
  [() => new Revocations({}), 'store.get'],
  [() => new Revocations({ store: new Map(), prefix: 1 }), 'store.destroy'],
  [() => new Revocations({ store: { get () {}, set () {}, destroy () {} }, absoluteTimeout: '1' }), 'absoluteTimeout'],
  ...['key', 'cookie', 'store', 'concurrent'].map((name) => [() => compatMinimal({ [name]: 5 }), name]),
  ...['key', 'prefix', 'genSid', 'errorHandler', 'valid', 'beforeSave', 'store', 'concurrent'].map((name) => [() => compatGeneric({ [name]: 5 }), name]),
  [() => compatGeneric({ sessionIdStore: {} }), 'sessionIdStore.get'],
  [() => session.SessionOptions.extend(null), 'shape'],
  [() => sessionStoreContract(), 'makeStore']
]

describe('an error of another function or class names a page that describes the option', () => {
  for (const [run, option] of WRONG) {
    test(`${option}: ${String(run).slice(6)}`, () => {
      const error = thrownBy(run)
      assert.equal(error.code, 'ERR_SESSION_OPTION')
      assert.equal(error.option, option)
      assertDescribes(error.page, option)
      if (error.message.startsWith('Invalid input')) assert.ok(error.message.includes(error.page))
    })
  }
})

describe('an error of session()', () => {
  /** A value that no option takes, but for those that `cookies` checks later. */
  const checkedLater = ['domain', 'path', 'expires', 'priority', 'partitioned', 'secureProxy']
  const names = optionNames().filter((name) => !checkedLater.includes(name))

  for (const name of names) {
    test(`names the option, what it has to be, what came, and the page: ${name}`, () => {
      const error = errorOf({ [name]: Symbol('wrong') })
      assert.equal(error.option.split('.')[0], name === 'maxage' ? 'maxAge' : name)
      assert.equal(error.page, pageOf(error.option))
      for (const part of [error.option, error.expected]) assert.ok(error.message.includes(part) || error.message === 'ContextStore must be a class')
      if (error.message.startsWith('Invalid input')) assert.ok(error.message.includes(error.received) && error.message.includes(error.page))
    })
  }

  test('has the message of koa-session, to the letter, where koa-session has one', () => {
    for (const options of [{ store: {} }, { externalKey: {} }, { ContextStore: class {} }, { ContextStore: {} }]) {
      const { message, page } = errorOf(options)
      assert.ok(!message.includes(page) && textOf(page) !== '')
    }
    assert.equal(thrownBy(() => session({})).message, 'app instance required: `session(opts, app)`')
  })

  test('names the section of the adapter that a store needs', () => {
    const express = { get (id, callback) {}, set (id, data, callback) {}, destroy (id, callback) {}, createSession () {}, regenerate () {} }
    const keyv = { get () {}, set () {}, delete () {}, opts: {} }
    const generic = { * get () {}, * set () {}, * destroy () {} }
    for (const [store, adapter] of [[express, 'connectStore'], [generic, 'genericStore'], [keyv, 'keyvStore']]) {
      const error = errorOf({ store })
      assert.match(textOf(error.page), new RegExp(adapter))
      assert.ok(error.message.includes(error.page))
    }
  })

  test('names no page for an option that the app has added', () => {
    const Config = session.SessionOptions.extend({ own: { parse () { throw new Error('no') } } })
    const { error } = Config.safeParse({ own: 1 })
    assert.deepEqual([error.option, 'page' in error, error.message.endsWith('received number')], ['own', false, true])
  })

  test('is of the same kind for a result of an attribute at run time', async () => {
    const app = Object.assign(new Koa(), { keys: ['a key'] })
    app.use(session({ domain: () => 'a;b' }, app))
    const { sessionCookie } = require('../../testing')
    await assert.rejects(sessionCookie(app, { user: 'ann' }), { code: 'ERR_SESSION_OPTION', option: 'domain', page: OTHERS })
  })
})
