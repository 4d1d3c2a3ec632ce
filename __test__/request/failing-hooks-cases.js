'use strict'

/**
 * All hooks and options of the app that can fail, all ways of failing, and all ways of responding. A case is
 * `{ hook, failure, timing, way, early }`; failing-hooks-app.js plays it.
 */

/** What is thrown, or rejected with. */
const FAILURES = {
  Error: () => new Error('the hook'),
  text: () => 'a text',
  undefined: () => undefined,
  null: () => null
}

const TIMINGS = ['throws', 'rejects']

/** How a handler responds; with some, the headers are sent before the middleware ends. */
const WAYS = ['body', 'stream body', 'write', 'write after a wait', 'pipeline', 'timer', 'timer, not awaited', 'writeHead', 'http2', 'aborted']

const ATTRIBUTES = ['domain', 'path', 'secure', 'sameSite', 'httpOnly', 'priority', 'partitioned', 'expires']

const attributes = Object.fromEntries(ATTRIBUTES.map((name) => [
  `attribute ${name}`, { options: (fail) => ({ [name]: fail }) }
]))

/** Makes a store of which one method fails. */
function storeFailing (method) {
  return (fail, { records }) => {
    const store = {
      get: (id) => records.get(id),
      set: (id, record) => { records.set(id, record) },
      destroy: (id) => { records.delete(id) }
    }
    const given = store[method]
    store[method] = (...args) => fail(() => given(...args))
    return { store }
  }
}

/** Makes a session store of which one method fails. */
function sessionStoreFailing (method) {
  return (fail, { MemoryStore }) => {
    class FailingStore extends MemoryStore {}
    FailingStore.prototype[method] = function (...args) { return fail(() => MemoryStore.prototype[method].apply(this, args)) }
    return { store: new FailingStore(), subject: 'user' }
  }
}

function withStore (more) {
  return (fail, { CountingStore }) => ({ store: new CountingStore(), ...more(fail) })
}

function externalKeyFailing (method) {
  return (fail, { CountingStore }) => {
    const externalKey = { get: (ctx) => ctx.get('x-id') || undefined, set: () => {}, remove: () => {} }
    const given = externalKey[method]
    externalKey[method] = (...args) => fail(() => given(...args))
    return { store: new CountingStore(), externalKey }
  }
}

/**
 * The hooks: `options(fail, world)` returns the options; `act` is what the handler does to the session; with `isNew`, the request
 * has no session. `fail(proceed)` fails if the request asks for it, and otherwise calls `proceed`, the hook's usual work.
 */
const HOOKS = {
  ...attributes,
  'attribute, one that no cookie can have': { options: (fail) => ({ domain: () => 'a;b' }), timings: ['throws'], failures: ['Error'] },
  genid: { options: withStore((fail) => ({ genid: () => fail(() => `id-${Math.random()}`) })), isNew: true },
  'genid at regenerate()': { options: withStore((fail) => ({ genid: () => fail(() => `id-${Math.random()}`) })), act: 'regenerate' },
  'valid, cookie': { options: (fail) => ({ valid: () => fail(() => true) }) },
  'valid, store': { options: withStore((fail) => ({ valid: () => fail(() => true) })) },
  'beforeSave, cookie': { options: (fail) => ({ beforeSave: () => fail() }) },
  'beforeSave, store': { options: withStore((fail) => ({ beforeSave: () => fail() })) },
  encode: { options: (fail) => ({ encode: (data) => fail(() => Buffer.from(JSON.stringify(data)).toString('base64')) }) },
  decode: { options: (fail) => ({ decode: (text) => fail(() => JSON.parse(Buffer.from(text, 'base64'))) }), failures: ['Error'] },
  ignore: { options: (fail) => ({ ignore: () => fail(() => false) }) },
  'externalKey.get': { options: externalKeyFailing('get') },
  'externalKey.set': { options: externalKeyFailing('set') },
  'externalKey.remove': { options: externalKeyFailing('remove'), act: 'remove' },
  'store.get': { options: storeFailing('get') },
  'store.set': { options: storeFailing('set') },
  'store.destroy': { options: storeFailing('destroy'), act: 'remove' },
  'store.set, with merge': { options: (...args) => ({ ...storeFailing('set')(...args), merge: true }) },
  onStoreError: { options: (fail, world) => ({ ...storeFailing('set')(fail, world), onStoreError: () => fail(() => 'throw') }) },
  ContextStore: {
    options: (fail, { CountingStore }) => {
      const store = new CountingStore()
      return {
        ContextStore: class {
          constructor () { fail() }
          get (...args) { return store.get(...args) }
          set (...args) { return store.set(...args) }
          destroy (...args) { return store.destroy(...args) }
        }
      }
    },
    timings: ['throws']
  },
  'session store, load': { options: sessionStoreFailing('load') },
  'session store, create': { options: sessionStoreFailing('create'), isNew: true },
  'session store, merge': { options: sessionStoreFailing('merge') },
  'session store, touch': { options: sessionStoreFailing('touch'), act: 'save' },
  'session store, regenerate': { options: sessionStoreFailing('regenerate'), act: 'regenerate' },
  'session store, destroy': { options: sessionStoreFailing('destroy'), act: 'remove' },
  'session store, list': { options: sessionStoreFailing('list'), act: 'list' },
  'session store, destroyAll': { options: sessionStoreFailing('destroyAll'), act: 'revokeOthers' },
  subject: { options: (fail, { MemoryStore }) => ({ store: new MemoryStore(), subject: () => fail(() => 'ann') }) },
  label: {
    options: (fail, { MemoryStore }) => ({ store: new MemoryStore(), subject: 'user', label: () => fail(() => 'a browser') }),
    act: 'regenerate'
  },
  'BigInt, cookie': { options: () => ({}), act: 'BigInt', timings: ['throws'], failures: ['Error'] },
  'BigInt, store': { options: withStore(() => ({})), act: 'BigInt', timings: ['throws'], failures: ['Error'] },
  'a listener': { options: () => ({}), listener: true, timings: ['throws'] },
  // Without `early`, Koa itself emits the error of a failed request, and such a listener ends the process.
  "a listener of 'error'": {
    options: (fail) => ({ beforeSave: () => fail() }), errorListener: true, early: [true], ways: ['write', 'timer', 'writeHead', 'http2']
  }
}

/** Returns all cases of a hook. */
function casesOf (hook) {
  const { failures = Object.keys(FAILURES), timings = TIMINGS, ways = WAYS, early = [false, true] } = HOOKS[hook]
  return failures.flatMap((failure) => timings.flatMap((timing) => ways.flatMap((way) =>
    early.map((isEarly) => ({ hook, failure, timing, way, early: isEarly })))))
}

module.exports = { FAILURES, HOOKS, casesOf }
