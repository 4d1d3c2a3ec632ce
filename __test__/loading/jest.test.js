'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const Project = require('./project')

/**
 * Jest gives a worker half a second to end, which may be too short on a busy machine. If it reports that one did not end, this
 * number of further runs must not report it.
 */
const MORE = 2

/** Runs Jest. Returns its report if a worker, or Jest itself, did not end. */
function run (place, args) {
  // A project for each run: Jest uses no worker for a test file that it knows to be fast.
  const project = new Project('jest', ['jest'])
  try {
    const { signal, status, stdout, stderr } = project.run('jest/bin/jest.js', ['--ci', '--json', ...args], { PLACE: place })
    assert.deepEqual({ signal, status }, { signal: null, status: 0 }, stderr)
    const { numPassedTests, numTotalTests, numTotalTestSuites } = JSON.parse(stdout)
    assert.deepEqual({ numPassedTests, numTotalTests, numTotalTestSuites },
      { numPassedTests: 7, numTotalTests: 7, numTotalTestSuites: 2 })
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
      if (run(place, args) === undefined) return
      for (let i = 0; i < MORE; i++) assert.equal(run(place, args), undefined)
    })
  }
})
