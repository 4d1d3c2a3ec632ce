'use strict'

const Koa = require('koa')
const { JsonStore } = require('./store')
const { shape } = require('./shapes')
const { KEYS } = require('./settings')
const { BARE } = require('./subjects')

/**
 * Makes a Koa app with a subject's middleware. Paths are an action and a shape, as `/read/login`: `idle` does not use the session,
 * `read` reads one text of it, `modify` changes it, `show` returns all data, `fill` stores the shape's data.
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

/** Returns the action and the shape of a path. */
function route (url) {
  const at = url.indexOf('/', 1)
  return { action: url.slice(1, at), shape: shape(url.slice(at + 1)) }
}

function answerAlike (ctx) {
  ctx.body = route(ctx.url).shape.sameLength
}

function answer (ctx) {
  const { action, shape } = route(ctx.url)
  switch (action) {
    case 'idle':
      ctx.body = shape.sameLength
      break
    case 'read':
      ctx.body = shape.read(ctx.session) ?? 'none'
      break
    case 'modify':
      shape.modify(ctx.session)
      ctx.body = shape.read(ctx.session) ?? 'none'
      break
    case 'show':
      ctx.body = JSON.stringify(ctx.session)
      break
    default:
      Object.assign(ctx.session, shape.data())
      ctx.body = 'filled'
  }
}

module.exports = { createApp, KEYS }
