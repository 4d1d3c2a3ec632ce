'use strict'

const { relative } = require('node:path')
const { inspect } = require('node:util')

/**
 * A reporter for `node --test --test-reporter` that prints only the failed tests, with their place and error.
 *
 * @param {AsyncIterable<{ type: string, data: object }>} events of Node's test runner
 * @yields {string}
 */
module.exports = async function * failedTests (events) {
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || data.todo || data.skip) continue
    const { error } = data.details
    // A suite that failed only because of its tests, which are reported themselves.
    if (error?.failureType === 'subtestsFailed') continue
    const place = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)}:${data.line})`
    // How the process of a test file ended, if that is what failed.
    const end = error?.signal ?? (error?.exitCode === undefined ? '' : `exit code ${error.exitCode}`)
    yield `✖ ${[data.name + place, end].join(' ').trim()}\n${indented(inspect(error?.cause ?? error))}\n`
  }
}

function indented (text) {
  return text.replace(/^(?=.)/gm, '    ')
}
