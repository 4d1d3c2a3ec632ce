'use strict'

const Koa = require('koa')
const { JsonStore } = require('./store')
const { payload, nextCount, FIRST_KEY } = require('./payload')
const { BARE } = require('./subjects')

/** Two keys; the first one signs. */
const KEYS = ['a key of thirty-two bytes, no. 01', 'a key of thirty-two bytes, no. 02']

/** The answer of an app that does not read the session: text as long as the value that it would read. */
const SAME_LENGTH = payload(100)[FIRST_KEY].replace(/./g, '-')

/**
 * Makes a Koa app with a subject's middleware. `/idle` does not use the session, `/read` reads one key, `/modify` changes one,
 * `/show` returns all data, `/fill/N` fills the session with N bytes.
 *
 * @param {object} subject
 * @param {'cookie'|'store'} mode
 * @param {string[]} [keys]
 */
function createApp (subject, mode, keys = KEYS) {
  const app = new Koa()
  app.keys = keys
  subject.use(app, mode === 'store' ? new JsonStore() : undefined)
  app.use(subject === BARE ? answerAlike : answer)
  return app
}

function answerAlike (ctx) {
  ctx.body = SAME_LENGTH
}

function answer (ctx) {
  switch (ctx.url) {
    case '/idle':
      ctx.body = SAME_LENGTH
      break
    case '/read':
      ctx.body = ctx.session[FIRST_KEY] ?? 'none'
      break
    case '/modify':
      ctx.session.n = nextCount(ctx.session.n)
      ctx.body = ctx.session[FIRST_KEY] ?? 'none'
      break
    case '/show':
      ctx.body = JSON.stringify(ctx.session)
      break
    default:
      Object.assign(ctx.session, payload(Number(ctx.url.slice('/fill/'.length))))
      ctx.body = 'filled'
  }
}

module.exports = { createApp, KEYS, SAME_LENGTH }
