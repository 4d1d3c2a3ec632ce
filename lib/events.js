'use strict'

const binding = require('./binding')

/** The core's verdicts: src/verdict.rs has the same numbers. */
const VERDICT = { VALID: 0, MISSED: 1, INVALID: 2, EXPIRED: 3 }

/**
 * Has the core name and emit the event of a verdict: `session:missed`, `session:invalid` or `session:expired`.
 *
 * @param {number} verdict
 * @param {object} ctx
 * @param {string} [key] the session's id, with a store
 * @param {*} value the data that was judged
 */
function report (verdict, ctx, key, value) {
  binding.report(emit, verdict, ctx, key, value)
}

/** Emits on a later turn of the event loop, so that no listener runs inside a getter. */
function emit (ctx, name, event) {
  setImmediate(() => ctx.app.emit(name, event))
}

module.exports = { VERDICT, report }
