'use strict'

// Runs all checks, one after another, until one fails. The last line of the output has the total counts.
// This file is not called test.js, since Node's test runner would run a file of that name.

const { spawn } = require('node:child_process')
const { join } = require('node:path')

const root = join(__dirname, '..')

/** The checks: scripts of package.json, and functions that read the counts from their output; lint has no counts. */
const STEPS = [
  { script: 'lint' },
  { script: 'test:rust', countsIn: countsOfCargo },
  { script: 'test:js', args: ['--test-reporter=spec'], countsIn: countsOfNode },
  { script: 'test:types', countsIn: countsOfTypes },
  { script: 'test:package', countsIn: countsOfNode }
]

/** Reads the counts of cargo, which prints a line for each test program. */
function countsOfCargo (text) {
  const lines = text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm)
  return sum(Array.from(lines, ([, passed, failed, skipped]) => ({ passed, failed, skipped })))
}

/** Reads the counts of Node's test runner, which come after all output of the tests. */
function countsOfNode (text) {
  const last = (name) => Array.from(text.matchAll(new RegExp(`^[#ℹ] ${name} (\\d+)$`, 'gm'))).at(-1)?.[1] ?? 0
  return { passed: last('pass'), failed: Number(last('fail')) + Number(last('cancelled')), skipped: last('skipped') }
}

function countsOfTypes (text) {
  const [, passed = 0, failed = 0] = /^(\d+) passed, (\d+) failed$/m.exec(text) ?? []
  return { passed, failed }
}

function sum (list) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const counts of list) {
    for (const name in total) total[name] += Number(counts[name] ?? 0)
  }
  return total
}

/** Runs a script of package.json, prints its output, and returns its counts. */
function run ({ script, args = [], countsIn }) {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, stdio: ['inherit', 'pipe', 'inherit'], shell: process.platform === 'win32' }
    const child = spawn('npm', ['run', script, '--', ...args], options)
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      process.stdout.write(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const counts = sum(countsIn === undefined ? [] : [countsIn(text)])
      const isUncounted = countsIn !== undefined && counts.passed === 0
      // A script that failed without counting tests (a compile error), or ran no tests, counts as one failure.
      if ((code !== 0 || isUncounted) && counts.failed === 0) counts.failed = 1
      resolve(counts)
    })
  })
}

/** Runs the steps until one fails, and prints the total counts. */
async function main () {
  const results = []
  for (const step of STEPS) {
    results.push(await run(step))
    if (results.at(-1).failed > 0) break
  }
  const { passed, failed, skipped } = sum(results)
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  if (failed > 0) process.exitCode = 1
}

main()
