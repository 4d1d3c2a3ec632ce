'use strict'

const session = require('koa-session-rs')
const visit = require('./visit')

visit(session)
