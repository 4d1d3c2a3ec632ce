'use strict'

const { isUpstream } = require('./app')

/** Shorter with koa-session, since tests of its faults fail by this timeout. */
const PATIENCE_MS = isUpstream ? 2000 : 30_000

/**
 * Makes a gate at which a request waits until the test opens it: the request awaits pass(), the test awaits `reached` and
 * calls open().
 */
function gate () {
  const reached = deferred()
  const opened = deferred()
  return {
    reached: reached.promise,
    pass () {
      reached.resolve()
      return opened.promise
    },
    open: opened.resolve
  }
}

function deferred () {
  let resolve
  const promise = new Promise((_resolve) => { resolve = _resolve })
  return { promise, resolve }
}

/** Waits until pending events have been emitted. */
async function settled () {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Calls `find` until it returns something, and returns that. */
async function waitFor (what, find) {
  const start = Date.now()
  for (let found = find(); ; found = find()) {
    if (found !== undefined) return found
    if (Date.now() - start > PATIENCE_MS) throw new Error(`waited too long for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

module.exports = { gate, settled, waitFor }
