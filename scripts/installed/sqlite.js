'use strict'

const { join } = require('node:path')
const session = require('koa-session-rs')
const { SqliteStore } = require('koa-session-rs/stores/sqlite')
const visit = require('./visit')

const store = new SqliteStore({ file: join(__dirname, 'sessions.db') })
visit(session, store).then(() => store.close())
