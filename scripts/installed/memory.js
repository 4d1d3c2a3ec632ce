'use strict'

const session = require('koa-session-rs')
const { MemoryStore } = require('koa-session-rs/stores/memory')
const visit = require('./visit')

visit(session, new MemoryStore())
