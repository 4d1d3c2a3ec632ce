'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const Project = require('./project')

/**
 * Jest gives a worker half a second to end, which a busy machine may not have. Where it says that one was held, so many more runs
 * have to be without that, each.
 */
const MORE = 2

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
      if (run(place, args) === undefined) return
      for (let i = 0; i < MORE; i++) assert.equal(run(place, args), undefined)
    })
  }
})
