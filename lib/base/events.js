'use strict'

const diagnostics = require('node:diagnostics_channel')
const { debuglog, inspect } = require('node:util')

const binding = require('../native/binding')
const { toError } = require('./errors')

/** The core's verdicts; the numbers are those of src/verdict.rs. */
const VERDICT = { VALID: 0, MISSED: 1, INVALID: 2, EXPIRED: 3 }

const VERDICT_NAMES = ['valid', 'missed', 'invalid', 'expired']

const log = debuglog('koa-session-rs')

/** Whether NODE_DEBUG asks for the debug log. Read once, since `debuglog` computes it at each reading. */
const isLogging = log.enabled

const channels = {
  load: diagnostics.channel('koa-session-rs:load'),
  save: diagnostics.channel('koa-session-rs:save'),
  destroy: diagnostics.channel('koa-session-rs:destroy'),
  forged: diagnostics.channel('koa-session-rs:forged')
}

/**
 * Emits the event of a verdict: `session:missed`, `session:invalid` or `session:expired`. The core chooses the name.
 *
 * @param {number} verdict
 * @param {object} contextSession
 * @param {string} [key] with a store, the session's id, not hashed, as in koa-session
 * @param {*} value the data that were validated
 */
function reportVerdict (verdict, { ctx, name }, key, value) {
  const emitNamed = name === 'session' ? emit : (ctx, event, fields) => emit(ctx, event, { ...fields, name })
  binding.report(emitNamed, verdict, ctx, key, value)
}

/** The names of the lifecycle events. Literals, since building a name costs more than checking whether it has listeners. */
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
 * Emits a lifecycle event, such as `session:created`, with the id hashed, and logs it. Costs next to nothing without listeners.
 *
 * @param {object} contextSession
 * @param {string} event
 * @param {string} [id]
 * @param {object} [fields]
 */
function announce (contextSession, event, id, fields) {
  const { ctx, name } = contextSession
  debug(contextSession, event, id, fields?.reason)
  if (!hasListeners(ctx, event)) return
  emit(ctx, NAMES[event], { key: hashed(id), ctx, name, ...fields })
}

function hasListeners ({ app }, event) {
  return app?.listenerCount?.(NAMES[event]) > 0
}

/** Returns whether an event has listeners or subscribers, or is logged: checked before costly fields are computed. */
function isObserved ({ ctx }, event, channel = event) {
  return isLogging || isSubscribed(channel) || hasListeners(ctx, event)
}

/** Publishes on a diagnostics channel: `load`, `save`, `destroy` or `forged`. Does nothing without subscribers. */
function publish ({ ctx, name }, channel, id, fields) {
  if (!isSubscribed(channel)) return
  channels[channel].publish({ key: hashed(id), ctx, name, ...fields })
}

/** Returns whether a diagnostics channel has subscribers. */
function isSubscribed (channel) {
  return channels[channel].hasSubscribers
}

/**
 * Prints a decision about a session to the debug log, with the id hashed (`NODE_DEBUG=koa-session-rs`).
 *
 * @param {object} contextSession
 * @param {string} decision
 * @param {*} [id]
 * @param {string} [reason]
 */
function debug ({ name }, decision, id, reason) {
  if (!isLogging) return
  log('%s: %s%s%s', name, decision, reason === undefined ? '' : ` (${reason})`, id === undefined ? '' : `, id ${hashed(id)}`)
}

/** Returns whether `debug` prints anything. */
function isDebugging () {
  return isLogging
}

/** Returns the SHA-256 of an id. Events and logs show the hash, since nobody can use a hash as a session's id. */
function hashed (id) {
  return id === undefined ? undefined : binding.hashId(String(id))
}

/** Emits in a later turn of the event loop, since a listener must not run inside the getter `ctx.session`. */
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
 * Emits an error as the app's 'error' event, as Koa does for requests. Never throws: what a listener throws becomes a process
 * warning.
 *
 * @param {object} ctx
 * @param {*} thrown
 */
function emitError (ctx, thrown) {
  try {
    const { app } = ctx
    const err = toError(thrown)
    // Koa adds its own listener in `app.callback()`. Without any listener, EventEmitter would throw the error.
    if (app?.listenerCount?.('error') > 0) app.emit('error', err, ctx)
    else app?.onerror?.(err)
  } catch (failure) {
    warnOfFailure(failure)
  }
}

/** Warns by a string, since `process.emitWarning` does not take an Error of another realm, such as Jest's. */
function warnOfFailure (failure) {
  let text = ''
  try {
    text = `: ${inspect(failure)}`
  } catch {}
  process.emitWarning(`a listener of the app's 'error' event threw${text}`)
}

module.exports = { VERDICT, VERDICT_NAMES, reportVerdict, announce, publish, isObserved, isSubscribed, debug, isDebugging, hashed, emitError }
