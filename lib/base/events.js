'use strict'

const diagnostics = require('node:diagnostics_channel')
const { debuglog, inspect } = require('node:util')

const binding = require('../native/binding')
const { toError } = require('./errors')

/** The core's verdicts: src/verdict.rs has the same numbers. */
const VERDICT = { VALID: 0, MISSED: 1, INVALID: 2, EXPIRED: 3 }

const VERDICT_NAMES = ['valid', 'missed', 'invalid', 'expired']

const log = debuglog('koa-session-rs')

const channels = {
  load: diagnostics.channel('koa-session-rs:load'),
  save: diagnostics.channel('koa-session-rs:save'),
  destroy: diagnostics.channel('koa-session-rs:destroy'),
  forged: diagnostics.channel('koa-session-rs:forged')
}

/**
 * Has the core name and emit the event of a verdict: `session:missed`, `session:invalid` or `session:expired`.
 *
 * @param {number} verdict
 * @param {object} session the ContextSession
 * @param {string} [key] the session's id, with a store; as it came, as in koa-session
 * @param {*} value the data that was judged
 */
function reportVerdict (verdict, { ctx, name }, key, value) {
  const emitNamed = name === 'session' ? emit : (ctx, event, fields) => emit(ctx, event, { ...fields, name })
  binding.report(emitNamed, verdict, ctx, key, value)
}

/** The lifecycle events: put together for every request, their names would cost more than to ask whether anybody listens. */
const NAMES = {
  created: 'session:created',
  saved: 'session:saved',
  destroyed: 'session:destroyed',
  regenerated: 'session:regenerated',
  oversize: 'session:oversize',
  uncommitted: 'session:uncommitted',
  discarded: 'session:discarded',
  conflict: 'session:conflict',
  forged: 'session:forged'
}

/**
 * Emits a lifecycle event, `session:created` and the like, with the id hashed, and prints it. Costs nothing where nobody listens.
 *
 * @param {object} session the ContextSession
 * @param {string} event
 * @param {string} [id]
 * @param {object} [fields]
 */
function announce (session, event, id, fields) {
  const { ctx, name } = session
  debug(session, event, id, fields?.reason)
  if (!hasListeners(ctx, event)) return
  emit(ctx, NAMES[event], { key: hashed(id), ctx, name, ...fields })
}

function hasListeners ({ app }, event) {
  return app?.listenerCount?.(NAMES[event]) > 0
}

/** Returns whether anybody hears of an event that has a channel too: what its fields cost may depend on that. */
function isObserved ({ ctx }, event) {
  return log.enabled || isSubscribed(event) || hasListeners(ctx, event)
}

/** Publishes on a diagnostics channel: `load`, `save`, `destroy` or `forged`. Costs nothing where nobody subscribes. */
function publish ({ ctx, name }, channel, id, fields) {
  if (!isSubscribed(channel)) return
  channels[channel].publish({ key: hashed(id), ctx, name, ...fields })
}

/** Returns whether anybody listens to a diagnostics channel. */
function isSubscribed (channel) {
  return channels[channel].hasSubscribers
}

/**
 * Prints what was decided about a session, with the id hashed (`NODE_DEBUG=koa-session-rs`).
 *
 * @param {object} session the ContextSession
 * @param {string} decision
 * @param {*} [id]
 * @param {string} [reason]
 */
function debug ({ name }, decision, id, reason) {
  if (!log.enabled) return
  log('%s: %s%s%s', name, decision, reason === undefined ? '' : ` (${reason})`, id === undefined ? '' : `, id ${hashed(id)}`)
}

/** Returns whether `debug` prints anything. */
function isDebugging () {
  return log.enabled
}

/** Returns an id as events and logs show it: its SHA-256, which opens no session. */
function hashed (id) {
  return id === undefined ? undefined : binding.hashId(String(id))
}

/** Emits on a later turn of the event loop, so that no listener runs inside a getter. */
function emit (ctx, name, event) {
  setImmediate(() => {
    try {
      ctx.app?.emit(name, event)
    } catch (thrown) {
      emitError(ctx, thrown)
    }
  })
}

/**
 * Hands an error to the app's 'error' listeners, as Koa does with those of requests. Nothing is thrown: what a listener throws
 * becomes a warning of the process.
 *
 * @param {object} ctx
 * @param {*} thrown
 */
function emitError (ctx, thrown) {
  try {
    const { app } = ctx
    const err = toError(thrown)
    // Koa adds its own listener in `app.callback()`. Without any, EventEmitter would throw the error.
    if (app?.listenerCount?.('error') > 0) app.emit('error', err, ctx)
    else app?.onerror?.(err)
  } catch (failure) {
    warnOfFailure(failure)
  }
}

/** A text, since the process takes no Error of another realm, as those of Jest's tests are. */
function warnOfFailure (failure) {
  let text = ''
  try {
    text = `: ${inspect(failure)}`
  } catch {}
  process.emitWarning(`a listener of the app's 'error' threw${text}`)
}

module.exports = { VERDICT, VERDICT_NAMES, reportVerdict, announce, publish, isObserved, isSubscribed, debug, isDebugging, hashed, emitError }
