'use strict'

/**
 * The subjects of the benchmark: session middleware, each set up as its documentation recommends.
 */

const { floor } = require('./floor')
const { nativeFloor } = require('./native-floor')
const { MAX_AGE_MS } = require('./settings')

/** The modes of middleware that has a cookie mode. */
const BOTH = ['cookie', 'store']

/** The app without middleware: its cost is subtracted from that of every subject. */
const BARE = { name: 'bare', modes: BOTH, use () {} }

/**
 * Each subject has its modes, the cookie's name, whether the cookie is signed, and a function that adds it to an app, with a store
 * in store mode only.
 */
const SUBJECTS = [
  {
    name: 'koa-session',
    package: 'koa-session',
    modes: BOTH,
    key: 'koa.sess',
    signed: true,
    use (app, store) {
      const session = require('koa-session')
      app.use((session.default ?? session)({ key: this.key, maxAge: MAX_AGE_MS, ...store && { store } }, app))
    }
  },
  {
    name: 'generic',
    package: 'koa-generic-session',
    modes: ['store'],
    key: 'koa.sid',
    signed: true,
    use (app, store) {
      app.use(require('koa-generic-session')({ key: this.key, store, cookie: { maxAge: MAX_AGE_MS } }))
    }
  },
  {
    name: 'minimal',
    package: 'koa-session-minimal',
    modes: ['store'],
    key: 'koa.sess',
    signed: false,
    use (app, store) {
      app.use(require('koa-session-minimal')({ key: this.key, store, cookie: { maxAge: MAX_AGE_MS } }))
    }
  },
  {
    name: 'minimal+mem',
    package: 'koa-session-minimal',
    modes: ['store'],
    key: 'koa.sess',
    signed: false,
    use (app) {
      app.use(require('koa-session-minimal')({ key: this.key, cookie: { maxAge: MAX_AGE_MS } }))
    }
  },
  {
    name: 'floor',
    modes: BOTH,
    key: 'koa.sess',
    signed: true,
    use (app, store) {
      app.use(floor({ key: this.key, maxAge: MAX_AGE_MS, store }))
    }
  },
  {
    name: 'native',
    modes: BOTH,
    key: 'koa.sess',
    signed: true,
    use (app, store) {
      app.use(nativeFloor({ key: this.key, maxAge: MAX_AGE_MS, store }))
    }
  },
  {
    name: 'wrapper',
    modes: BOTH,
    key: 'koa.sess',
    signed: true,
    use (app, store) {
      app.use(require('./wrapper')({ key: this.key, maxAge: MAX_AGE_MS, ...store && { store } }, app))
    }
  },
  {
    name: 'ours',
    modes: BOTH,
    key: 'koa.sess',
    signed: true,
    use (app, store) {
      app.use(require('..')({ key: this.key, maxAge: MAX_AGE_MS, ...store && { store } }, app))
    }
  },
  {
    name: 'ours+mem',
    modes: ['store'],
    key: 'koa.sess',
    signed: true,
    use (app) {
      const { MemoryStore } = require('../stores/memory')
      app.use(require('..')({ key: this.key, maxAge: MAX_AGE_MS, store: new MemoryStore() }, app))
    }
  }
]

/** Returns the subject with a name. */
function subject (name) {
  const found = [BARE, ...SUBJECTS].find((one) => one.name === name)
  if (found === undefined) throw new RangeError(`no such subject: ${name}`)
  return found
}

module.exports = { BARE, SUBJECTS, subject }
