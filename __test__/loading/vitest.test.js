'use strict'

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const Project = require('./project')

// Returns the failures in vitest's report, which is one long line.
function failures (stdout) {
  if (!stdout.startsWith('{')) return stdout
  return JSON.parse(stdout).testResults
    .flatMap(({ message, assertionResults }) => [message, ...assertionResults.flatMap((result) => result.failureMessages)])
    .join('\n')
}

describe('vitest', () => {
  let project
  before(() => { project = new Project('vitest', ['vitest']) })
  after(() => project.remove())

  for (const [how, place, ...args] of [
    ['in a pool of threads', 'thread', '--pool=threads'],
    ['in one thread for all files', 'thread', '--pool=threads', '--poolOptions.threads.singleThread', '--no-isolate'],
    ['in a pool of threads with a context for each file', 'thread', '--pool=vmThreads'],
    ['in child processes', 'child', '--pool=forks']
  ]) {
    test(how, () => {
      const given = ['run', '--reporter=json', '--testTimeout=60000', ...args]
      const { signal, status, stdout, stderr } = project.run('vitest/vitest.mjs', given, { PLACE: place })
      assert.deepEqual({ signal, status }, { signal: null, status: 0 }, `${failures(stdout)}${stderr}`)
      const { numPassedTests, numTotalTests, testResults } = JSON.parse(stdout)
      assert.deepEqual({ numPassedTests, numTotalTests, files: testResults.length },
        { numPassedTests: 5, numTotalTests: 5, files: 3 })
      assert.ok(!/close timed out|hanging/i.test(stderr), stderr)
    })
  }
})
