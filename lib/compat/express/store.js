'use strict'

const { EventEmitter } = require('node:events')
const { inherits } = require('node:util')

const { Cookie } = require('./cookie')
const { Session } = require('./session')

/** The base class of express-session's stores. A function, since stores call it without `new`. */
function Store () {
  EventEmitter.call(this)
}

inherits(Store, EventEmitter)

/** Destroys a request's session, and makes a new one by `generate`, which the middleware sets. */
Store.prototype.regenerate = function (req, callback) {
  this.destroy(req.sessionID, (err) => {
    this.generate(req)
    callback(err)
  })
}

/** Loads a session outside of a request. */
Store.prototype.load = function (id, callback) {
  this.get(id, (err, data) => {
    if (err) return callback(err)
    if (!data) return callback()
    callback(null, this.createSession({ sessionID: id, sessionStore: this }, data))
  })
}

/** Makes the session of a request of what the store has. */
Store.prototype.createSession = function (req, data) {
  req.session = toSession(req, data)
  return req.session
}

/** Makes a session of what a store has. Replaces the data's cookie, as express-session does. */
function toSession (req, data) {
  const { expires, originalMaxAge } = data.cookie
  const cookie = new Cookie(data.cookie)
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  cookie.originalMaxAge = originalMaxAge
  data.cookie = cookie
  return new Session(req, data)
}

/** Express-session's store for development, in the memory of the process. */
function MemoryStore () {
  Store.call(this)
  this.sessions = Object.create(null)
}

inherits(MemoryStore, Store)

Object.assign(MemoryStore.prototype, {
  all (callback) {
    const sessions = Object.create(null)
    for (const id of Object.keys(this.sessions)) {
      const session = find(this, id)
      if (session) sessions[id] = session
    }
    later(callback, null, sessions)
  },

  clear (callback) {
    this.sessions = Object.create(null)
    later(callback)
  },

  destroy (id, callback) {
    delete this.sessions[id]
    later(callback)
  },

  get (id, callback) {
    later(callback, null, find(this, id))
  },

  set (id, session, callback) {
    this.sessions[id] = JSON.stringify(session)
    later(callback)
  },

  length (callback) {
    this.all((err, sessions) => err ? callback(err) : callback(null, Object.keys(sessions).length))
  },

  touch (id, { cookie }, callback) {
    const session = find(this, id)
    if (session) this.sessions[id] = JSON.stringify({ ...session, cookie })
    later(callback)
  }
})

function later (callback, ...args) {
  if (callback) setImmediate(callback, ...args)
}

/** Returns a session that is not expired. */
function find (store, id) {
  const json = store.sessions[id]
  if (json === undefined) return undefined
  const session = JSON.parse(json)
  const expires = session.cookie?.expires
  if (!(expires && new Date(expires) <= Date.now())) return session
  delete store.sessions[id]
}

module.exports = { MemoryStore, Store, toSession }
