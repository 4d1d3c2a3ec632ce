'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const Project = require('./project')

describe('jest, with its module resets', () => {
  for (const [place, ...args] of [
    ['process', '--runInBand'],
    ['child', '--maxWorkers=2'],
    ['thread', '--maxWorkers=2', '--workerThreads']
  ]) {
    test(`in a ${place}`, () => {
      // A project for each: where jest knows a test file to be fast, it takes no worker for it.
      const project = new Project('jest', ['jest'])
      try {
        const { signal, status, stdout, stderr } = project.run('jest/bin/jest.js', ['--ci', '--json', ...args], { PLACE: place })
        assert.deepEqual({ signal, status }, { signal: null, status: 0 }, stderr)
        const { numPassedTests, numTotalTests, numTotalTestSuites } = JSON.parse(stdout)
        assert.deepEqual({ numPassedTests, numTotalTests, numTotalTestSuites },
          { numPassedTests: 6, numTotalTests: 6, numTotalTestSuites: 2 })
        // Jest says so when something kept a worker of its own from ending.
        assert.ok(!/did not exit|failed to exit/.test(stderr), stderr)
      } finally {
        project.remove()
      }
    })
  }
})
