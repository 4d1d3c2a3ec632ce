'use strict'

const { isUpstream } = require('./app')

/** koa-session has to fail tests of its faults, and may do so soon. */
const PATIENCE_MS = isUpstream ? 2000 : 30_000

/**
 * Makes a place where a request stops until the test lets it on: the request awaits pass(), the test awaits `reached` and
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

/** Waits until events that are due have come. */
async function settled () {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits until `find` gives something, and gives that. */
async function waitFor (what, find) {
  const start = Date.now()
  for (let found = find(); ; found = find()) {
    if (found !== undefined) return found
    if (Date.now() - start > PATIENCE_MS) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

module.exports = { gate, settled, waitFor }
