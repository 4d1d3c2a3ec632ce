'use strict'

/**
 * Runs the tests of the faults against koa-session itself. The test of each fix has to fail there: one that passes proves nothing.
 * Exits with 1 if one passes.
 */

const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { run } = require('node:test')

const FOLDER = join(__dirname, '..', '__test__')
const LIMIT_MS = 30000

/**
 * The faults by number: the fault, and the files with tests that have `fault N` in their name or in that of their suite. The third
 * element says why a fault's result does not count, such as a fix that is not the default. Fault 8 is of the types.
 */
const FAULTS = {
  1: ['a secure cookie over plain HTTP fails the response', ['options/secure']],
  2: ['a commit after the headers have left is an error', ['request/headers-sent']],
  3: ['concurrent writes overwrite each other', ['options/merge']],
  4: ['a destroyed session is revived by a request in flight', ['persistence/revival']],
  5: ['the response of an error loses the cookie', ['cookie/error-response']],
  6: ['a store failure always fails the request', ['options/on-store-error']],
  7: ['each request reads the store', ['options/lazy', 'options/ignore'], 'opt-in'],
  9: ['a cookie that browsers drop for its size is sent without a warning', ['cookie/oversize']],
  10: ['hooks that return promises are not awaited', ['request/async-hooks']],
  11: ['externalKey is the old id after regenerate', ['session/external-key']],
  12: ['an object after null keeps the old record and its id', ['request/null-then-object']],
  13: ["a session of maxAge 'session' ends after a day", ['options/max-age-session', 'options/store-max-age']],
  14: ['the first cookie has no expires, later ones have', ['cookie/first-expires'], 'keep'],
  15: ['a stored maxAge outlives a shorter configured one', ['options/config-max-age'], 'opt-in'],
  16: ['a change to data of the same CRC32 is not saved', ['session/collision']],
  17: ['a save and the commit write twice', ['request/one-write']],
  18: ['without autoCommit nothing logs out', ['request/manual-logout']],
  19: ['an app can have only one session', ['options/as']],
  20: ['rolling and renew ignore cookies of requests that did not use the session', ['options/roll-untouched'], 'opt-in'],
  21: ['options that 6.4 took are refused', ['options/accepted']],
  22: ["the caller's options are written to", ['options/own-options']],
  23: ['keys that begin with an underscore are dropped', ['options/underscore-keys']],
  24: ['data with the name of a method break the session', ['session/hostile-names']],
  25: ['a signature that is issued again loses its attributes', ['cookie/signature-attributes']],
  26: ['of several cookies with the name, only the first is tried', ['cookie/duplicate-cookies']],
  27: ['null sends a cookie to visitors who had none', ['options/clear-only-sent'], 'opt-in'],
  28: ['a listener that throws ends the process', ['base/failing-listener']],
  29: ['the store is asked for any id that a client sends', ['base/ids-from-outside', 'options/id-pattern']],
  30: ['data that are no object become a session', ['session/not-an-object']],
  31: ['a BigInt fails without saying where', ['session/bigint']],
  32: ['responses with a session are cached', ['options/cache-control'], 'opt-in'],
  33: ['the debug log has ids and data', ['base/debug-log'], 'log'],
  34: ['an empty object in place of an unread session leaves the cookie', ['request/replaced-unread']]
}

const pathOf = (file) => join(FOLDER, `${file}.test.js`)

/** Runs the tests of a fault: how many there are, how many fail, and how many of these by an assertion. */
async function play (fault, files) {
  const named = new RegExp(`\\bfault ${fault}\\b`)
  const counts = { tests: 0, failed: 0, asserted: 0, isKilled: false }
  for (const file of files) {
    const names = []
    for await (const { type, data } of run({ files: [pathOf(file)], timeout: LIMIT_MS })) {
      if (type === 'test:start') names.splice(data.nesting, names.length, data.name)
      const isResult = (type === 'test:pass' || type === 'test:fail') && data.details.type !== 'suite'
      if (isResult && names.slice(0, data.nesting + 1).some((name) => named.test(name))) count(counts, type, data)
    }
  }
  return counts
}

function count (counts, type, { details, skip }) {
  if (skip !== undefined) return
  counts.tests++
  if (type === 'test:pass') return
  counts.failed++
  if (details.error?.cause?.code === 'ERR_ASSERTION') counts.asserted++
  if (details.error?.failureType === 'testTimeoutFailure') counts.isKilled = true
}

/** Describes the result of a fault's tests; `isWrong` if they prove nothing. */
function resultOf ({ tests, failed, asserted, isKilled }, exempt) {
  const numbers = `${failed} of ${tests} tests, ${asserted} by an assertion`
  if (tests === 0) return { text: 'no test has its number', isWrong: true }
  if (exempt !== undefined) return { text: `${exempt}, not counted (${failed === 0 ? 'passes' : `fails: ${numbers}`})` }
  if (failed === 0) return { text: 'PASSES there: it proves nothing', isWrong: true }
  if (isKilled) return { text: `took more than ${LIMIT_MS} ms: it proves nothing`, isWrong: true }
  if (asserted === 0) return { text: `breaks there without a failed assertion (${numbers}): it proves nothing`, isWrong: true }
  return { text: `fails there: ${numbers}` }
}

/** Returns the files in the table's row of a fault that do not have the fault in their text. */
function unnamed (fault, files) {
  return files.filter((file) => !new RegExp(`\\bfault ${fault}\\b`).test(readFileSync(pathOf(file), 'utf8')))
}

async function main () {
  process.env.SESSION_MODULE = 'koa-session'
  let wrong = 0
  for (const [fault, [what, files, exempt]] of Object.entries(FAULTS)) {
    for (const file of unnamed(fault, files)) {
      console.log(`not ok  fault ${fault}: ${file} has no test of it`)
      wrong++
    }
    const { text, isWrong } = resultOf(await play(fault, files), exempt)
    if (isWrong) wrong++
    console.log(`${isWrong ? 'not ok' : 'ok'}  fault ${fault}: ${what}: ${files.join(', ')}: ${text}`)
  }
  console.log(`${Object.keys(FAULTS).length} faults, ${wrong} wrong`)
  if (wrong > 0) process.exitCode = 1
}

main()
