'use strict'

const { PlainOperations } = require('./plain-operations')

/** @type {WeakMap<object, object>} what the methods do, by the request, if that is one of our middleware */
const bound = new WeakMap()

/**
 * The session of a request, with the methods of express-session. Each takes a callback, and returns the session; without a callback, it
 * returns a promise.
 *
 * @param {object} req with sessionID and sessionStore
 * @param {object} [data]
 */
function Session (req, data) {
  Object.defineProperty(this, 'req', { value: req })
  Object.defineProperty(this, 'id', { value: req.sessionID })
  if (typeof data !== 'object' || data === null) return
  for (const key in data) {
    // Data do not replace a method.
    if (!(key in this)) this[key] = data[key]
  }
}

/** Moves the expiry to the cookie's maxAge from now. */
define('touch', function () {
  return this.resetMaxAge()
})

define('resetMaxAge', function () {
  this.cookie.maxAge = this.cookie.originalMaxAge
  return this
})

/** Saves the session at once. */
define('save', function (callback) {
  return answer(this, callback, operationsOf(this).save(this))
})

/** Loads the data again: the request gets a new session object. */
define('reload', function (callback) {
  return answer(this, callback, operationsOf(this).reload(this))
})

/** Destroys the session: the request has none from then on. */
define('destroy', function (callback) {
  return answer(this, callback, operationsOf(this).destroy(this))
})

/** Destroys the session, and gives the request a new one. */
define('regenerate', function (callback) {
  return answer(this, callback, operationsOf(this).regenerate(this))
})

function define (name, value) {
  Object.defineProperty(Session.prototype, name, { value, configurable: true, writable: true })
}

/** Lets the methods of a request's sessions do what `operations` does. */
function bind (req, operations) {
  bound.set(req, operations)
}

function operationsOn (req) {
  return bound.get(req)
}

function operationsOf ({ req }) {
  return operationsOn(req) ?? new PlainOperations(req)
}

/** Calls the callback in a microtask of its own, so that what it throws is uncaught, as in express-session, and no rejection. */
function answer (session, callback, done) {
  if (typeof callback === 'function') {
    done.then(() => queueMicrotask(() => callback()), (err) => queueMicrotask(() => callback(err)))
    return session
  }
  // An app that waits for nothing does not end by an error of its store: express-session ignores it, too.
  done.catch(() => {})
  return done
}

module.exports = { Session, bind, operationsOn }
