'use strict'

const { describe } = require('node:test')
const { MemoryStore } = require('../../stores/memory')
const { CountingStore } = require('./store')

/** Both ways to merge: a session store, and a store with koa-session's three methods under the option `merge`. */
const KINDS = [
  { name: 'a session store', options: () => ({ store: new MemoryStore() }) },
  { name: 'a plain store with merge: true', options: () => ({ store: new CountingStore(), merge: true }) }
]

/** Registers tests for both ways to merge. */
function eachKind (title, run) {
  for (const kind of KINDS) describe(`${title}: ${kind.name}`, () => run(kind))
}

/** Routes of most tests. The values to set are JSON in the query. */
const ROUTES = {
  '/set' (ctx) { for (const [key, value] of Object.entries(ctx.query)) ctx.session[key] = JSON.parse(value) },
  '/unset' (ctx) { for (const key of Object.keys(ctx.query)) delete ctx.session[key] },
  '/me' (ctx) { return ctx.session.toJSON() },
  '/none' () {},
  '/logout' (ctx) { ctx.session = null }
}

const query = (fields) => new URLSearchParams(Object.entries(fields).map(([key, value]) => [key, JSON.stringify(value)]))

module.exports = { ROUTES, eachKind, query }
