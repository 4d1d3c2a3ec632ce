'use strict'

/**
 * Runs the tests of the faults against koa-session itself, where the test of each fix has to fail: one that passes there
 * proves nothing. Exits with 1 where one does.
 */

const { spawn } = require('node:child_process')
const { readdirSync } = require('node:fs')
const { join } = require('node:path')

const FOLDER = join(__dirname, '..', '__test__', 'faults')
const LIMIT_MS = 30000
const LAST_ROW = 34

/** Rows that are nothing to fix by default, and why they are not counted. */
const EXEMPT = {
  7: 'opt-in', 8: 'types', 14: 'keep', 15: 'opt-in', 20: 'opt-in', 27: 'opt-in', 32: 'opt-in', 33: 'log'
}

/** Runs one file in a process of its own. */
function run (file) {
  return new Promise((resolve) => {
    const env = { ...process.env, SESSION_MODULE: 'koa-session' }
    const child = spawn(process.execPath, ['--test-reporter=tap', '--test-reporter-destination=stdout', join(FOLDER, file)], { env })
    let text = ''
    child.stdout.on('data', (chunk) => { text += chunk })
    child.stderr.resume()
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ isPassed: code === 0, isKilled: signal !== null, ...count(text) })
    })
  })
}

/** Counts tests, the failed ones, and the failures that are assertions of the test. */
function count (text) {
  const number = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return { tests: number('tests'), failed: number('fail'), asserted: text.match(/code: 'ERR_ASSERTION'/g)?.length ?? 0 }
}

/** Says what a row's result is, and whether it is a fault of the test. */
function judge (row, { isPassed, isKilled, tests, failed, asserted }) {
  const numbers = `${failed} of ${tests} tests, ${asserted} by an assertion`
  if (EXEMPT[row] !== undefined) return { text: `${EXEMPT[row]}, not counted (${isPassed ? 'passes' : `fails: ${numbers}`})` }
  if (isPassed) return { text: 'PASSES there: it proves nothing', isWrong: true }
  if (isKilled) return { text: `was killed after ${LIMIT_MS} ms: it proves nothing`, isWrong: true }
  if (asserted === 0) return { text: `breaks there without a failed assertion (${numbers}): it proves nothing`, isWrong: true }
  return { text: `fails there: ${numbers}` }
}

/** Gives the rows of fixes that have no file. Row 3 is of the stores, row 8 of the types. */
function missing (files) {
  const found = new Set(files.map(rowOf))
  return Array.from({ length: LAST_ROW }, (_, i) => i + 1).filter((row) => row !== 3 && row !== 8 && !found.has(row))
}

const rowOf = (file) => Number(file.slice(4, 6))

async function main () {
  const files = readdirSync(FOLDER).filter((name) => /^row-\d\d-.*\.test\.js$/.test(name)).sort()
  const absent = missing(files)
  for (const row of absent) console.log(`not ok  row ${row} has no file`)
  let wrong = absent.length
  for (const file of files) {
    const { text, isWrong } = judge(rowOf(file), await run(file))
    if (isWrong) wrong++
    console.log(`${isWrong ? 'not ok' : 'ok'}  ${file.replace('.test.js', '').padEnd(40)} ${text}`)
  }
  console.log(`${files.length} files, ${wrong} wrong`)
  if (wrong > 0 || files.length === 0) process.exitCode = 1
}

main()
