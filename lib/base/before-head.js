'use strict'

const { emitError } = require('./events')

/**
 * Calls `act` once, when the final headers of a response leave: `res.write`, `res.end`, `res.flushHeaders`, a pipe and the like
 * all come to `res.writeHead`. Informational responses (1xx) pass.
 *
 * Whoever sends the headers is not ours to disturb: what `act` throws goes to the app's 'error' listeners, and the headers go on.
 *
 * @param {object} ctx
 * @param {(args: Array) => Array|false|void} act gets the arguments of `writeHead` behind the status, and may give others; false
 * where the headers cannot leave so: it is called again with the next that try
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
    // Another hook may have been put over this one meanwhile, and stays.
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
