'use strict'

/**
 * The kinds of stores, each used as a server uses it: `fill(id)` creates a session, `lookup(id)` returns its data as an object,
 * `write(id, revs, place)` changes its counter. `revs[place]` is the session's revision, or the number of its writes. Synchronous stores
 * return the result, the others a promise of it.
 */

const { MAX_AGE_MS, checked, dataOf } = require('./sessions')

const TURNS = [0, 1]

const isPromise = (value) => typeof value?.then === 'function'

/** Returns the result that a call passes to its callback: directly, if it calls back synchronously, else as a promise. */
function called (call) {
  let isDone = false
  let given
  let settle
  call((error, value) => {
    if (error) throw error
    if (settle !== undefined) return settle(value)
    isDone = true
    given = value
  })
  return isDone ? given : new Promise((resolve) => { settle = resolve })
}

const read = ({ data }) => checked(JSON.parse(data))

/** Our stores: a lookup returns text, which is parsed; a write sends the changed key. */
function sessionStore (store) {
  const record = { data: JSON.stringify(dataOf(0)), maxAge: MAX_AGE_MS }
  const sets = TURNS.map((turn) => JSON.stringify({ n: dataOf(turn).n }))
  const nothing = []

  const note = (revs, place, merged) => {
    if (!(merged.rev > revs[place])) throw new Error(`a session was not written: ${merged}`)
    revs[place] = merged.rev
  }

  return {
    fill: (id) => store.create(id, record, MAX_AGE_MS),
    lookup (id) {
      const loaded = store.load(id)
      return isPromise(loaded) ? loaded.then(read) : read(loaded)
    },
    write (id, revs, place) {
      const base = revs[place]
      const merged = store.merge(id, { base, set: sets[base % 2], delete: nothing }, MAX_AGE_MS)
      return isPromise(merged) ? merged.then((result) => note(revs, place, result)) : note(revs, place, merged)
    },
    close: () => store.close()
  }
}

/** Stores for koa-session: a session is an object, and is written whole. */
function plainStore (store, close) {
  const records = TURNS.map((turn) => ({ ...dataOf(turn), _expire: Date.now() + MAX_AGE_MS, _maxAge: MAX_AGE_MS }))
  return {
    fill: (id) => store.set(id, records[0], MAX_AGE_MS, {}),
    lookup: (id) => store.get(id, MAX_AGE_MS, {}).then(checked),
    write: (id, revs, place) => store.set(id, records[++revs[place] % 2], MAX_AGE_MS, {}),
    close
  }
}

/** A session as express-session passes it to its stores: the data and the cookie. */
function expressSessions () {
  const cookie = {
    originalMaxAge: MAX_AGE_MS, expires: new Date(Date.now() + MAX_AGE_MS).toISOString(), httpOnly: true, path: '/'
  }
  return TURNS.map((turn) => ({ cookie, ...dataOf(turn) }))
}

/** Stores of express-session. */
function expressStore (store, close) {
  const sessions = expressSessions()
  return {
    fill: (id) => called((done) => store.set(id, sessions[0], done)),
    lookup (id) {
      const session = called((done) => store.get(id, done))
      return isPromise(session) ? session.then(checked) : checked(session)
    },
    write: (id, revs, place) => called((done) => store.set(id, sessions[++revs[place] % 2], done)),
    close
  }
}

/** Stores of express-session that return a promise if they get no callback. */
function promisingStore (store, close) {
  const sessions = expressSessions()
  return {
    fill: (id) => store.set(id, sessions[0]),
    lookup: (id) => store.get(id).then(checked),
    write: (id, revs, place) => store.set(id, sessions[++revs[place] % 2]),
    close
  }
}

module.exports = { expressStore, isPromise, plainStore, promisingStore, sessionStore }
