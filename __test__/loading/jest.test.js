'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const Project = require('./project')

/** Jest gives a worker half a second to end, which a busy machine may not have. What holds on to it does so each time. */
const ATTEMPTS = 3

/** Runs Jest; gives what it says where something kept a worker, or Jest, from ending. */
function run (place, args) {
  // A project for each: where jest knows a test file to be fast, it takes no worker for it.
  const project = new Project('jest', ['jest'])
  try {
    const { signal, status, stdout, stderr } = project.run('jest/bin/jest.js', ['--ci', '--json', ...args], { PLACE: place })
    assert.deepEqual({ signal, status }, { signal: null, status: 0 }, stderr)
    const { numPassedTests, numTotalTests, numTotalTestSuites } = JSON.parse(stdout)
    assert.deepEqual({ numPassedTests, numTotalTests, numTotalTestSuites },
      { numPassedTests: 6, numTotalTests: 6, numTotalTestSuites: 2 })
    return /did not exit|failed to exit/.test(stderr) ? stderr : undefined
  } finally {
    project.remove()
  }
}

describe('jest, with its module resets', () => {
  for (const [place, ...args] of [
    ['process', '--runInBand'],
    ['child', '--maxWorkers=2'],
    ['thread', '--maxWorkers=2', '--workerThreads']
  ]) {
    test(`in a ${place}`, () => {
      let held
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        held = run(place, args)
        if (held === undefined) return
      }
      assert.fail(held)
    })
  }
})
