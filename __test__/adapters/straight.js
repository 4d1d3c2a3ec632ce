'use strict'

/**
 * An app with koa-session and connect-pg-simple without an adapter, in a process of its own:
 * node straight.js <options of pg, JSON>
 *
 * It sends its port, and serves until it is killed, or fails.
 */

const connectPgSimple = require('connect-pg-simple')
const expressSession = require('express-session')
const Koa = require('koa')
const { createSession } = require('koa-session')
const { Pool } = require('pg')

const PgStore = connectPgSimple(expressSession)
const app = new Koa()
app.keys = ['a key']
app.silent = true
const pool = new Pool(JSON.parse(process.argv[2]))
app.use(createSession({ store: new PgStore({ pool, createTableIfMissing: true }) }, app))
app.use((ctx) => { ctx.body = ctx.session.views = (ctx.session.views ?? 0) + 1 })
const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port))
