'use strict'

const { emitError } = require('./events')

/**
 * Calls `act` once, just before the final headers of a response are sent. It hooks `res.writeHead`, which `res.write`, `res.end`,
 * `res.flushHeaders` and pipes all call. Informational responses (1xx) are ignored.
 *
 * What `act` throws is emitted as the app's 'error' event, so that the sender of the headers is not disturbed.
 *
 * @param {object} ctx
 * @param {(args: Array) => Array|false|void} act gets the arguments of `writeHead` after the status, and may return others; false
 * if `writeHead` will throw for them: then `act` is called again at the next call
 */
function beforeHead (ctx, act) {
  const { res } = ctx
  const { writeHead } = res
  const isOwn = Object.hasOwn(res, 'writeHead')
  let hasActed = false
  function hooked (status, ...args) {
    if (hasActed || status < 200) return writeHead.call(res, status, ...args)
    const given = callSafely(ctx, act, args)
    if (given === false) return writeHead.call(res, status, ...args)
    hasActed = true
    // If another hook has replaced this one meanwhile, that one stays.
    if (res.writeHead === hooked) {
      if (isOwn) res.writeHead = writeHead
      else delete res.writeHead
    }
    return writeHead.call(res, status, ...given)
  }
  res.writeHead = hooked
}

function callSafely (ctx, act, args) {
  try {
    return act(args) ?? args
  } catch (thrown) {
    emitError(ctx, thrown)
    return args
  }
}

module.exports = { beforeHead }
