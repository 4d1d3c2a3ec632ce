'use strict'

// Runs the code blocks of docs/testing.md: with Node's test runner, Jest and Vitest.

const assert = require('node:assert/strict')
const http = require('node:http')
const { describe, test } = require('node:test')

const { blocksOf } = require('../documents/blocks')
const { staged } = require('../documents/stage')
const Project = require('../loading/project')
const testing = require('../../testing')

const BLOCKS = blocksOf('docs/testing.md', 'js')
const [FOR_NODE, FOR_JEST] = BLOCKS
const [FOR_VITEST] = blocksOf('docs/testing.md', 'mjs')

/** The app that the blocks for Jest and Vitest load. */
const APP = `
const Koa = require('koa')
const session = require('koa-session-rs')
const app = module.exports = Object.assign(new Koa(), { keys: ['a key'], silent: true })
app.use(session({ secure: true }, app))
app.use((ctx) => { ctx.body = 'hello ' + ctx.session.user })`

/** Runs a block in a project of its own, and returns the number of its tests. */
function runIn (runner, program, file, code, ...args) {
  const project = new Project(runner, [runner])
  try {
    project.write('app.js', APP)
    project.write(file, code)
    const { status, stdout, stderr } = project.run(program, [...args, file])
    assert.equal(status, 0, stderr + stdout)
    assert.doesNotMatch(stderr, /open handle|did not exit|failed to exit|close timed out|hanging/i)
    const { numPassedTests, numTotalTests } = JSON.parse(stdout)
    assert.equal(numPassedTests, numTotalTests)
    return numTotalTests
  } finally {
    project.remove()
  }
}

describe('the blocks of docs/testing.md', () => {
  test('are these', () => {
    assert.equal(BLOCKS.length, 2)
    assert.ok(FOR_VITEST !== undefined)
  })

  test('pass with Node', async () => {
    const tests = []
    const packages = { 'node:test': { test: (name, run) => tests.push(run) } }
    await staged(FOR_NODE.code, async () => {
      assert.equal(tests.length, 1)
      await tests[0]()
    }, { packages })
  })

  test('pass with Jest, which finds nothing left open', () => {
    assert.equal(runIn('jest', 'jest/bin/jest.js', 'document.spec.js', FOR_JEST.code, '--ci', '--json', '--detectOpenHandles'), 1)
  })

  test('pass with Vitest', () => {
    assert.equal(runIn('vitest', 'vitest/vitest.mjs', 'document.spec.mjs', FOR_VITEST.code, 'run', '--reporter=json', '--testTimeout=60000'), 1)
  })
})

/** Returns a stand-in for supertest's `request`: a GET request to a server of its own, whose headers are set before it is awaited. */
function request (callback) {
  const headers = {}
  let path
  const answer = () => new Promise((resolve, reject) => {
    const server = http.createServer(callback).listen(0, '127.0.0.1', () => {
      http.get({ host: '127.0.0.1', port: server.address().port, path, headers, agent: false }, async (response) => {
        resolve((await response.setEncoding('utf8').toArray()).join(''))
        server.close()
      }).on('error', reject)
    })
  })
  const self = {
    get (given) { path = given; return self },
    set (name, value) { headers[name] = value; return self },
    then: (...handlers) => answer().then(...handlers)
  }
  return self
}

test('the line for supertest of docs/testing.md passes a header that is taken', async () => {
  const [line] = /await request\(app[^`]+/.exec(require('node:fs').readFileSync(require.resolve('../../docs/testing.md'), 'utf8'))
  const program = "app.use(session({ secure: true }, app)); app.use((ctx) => { ctx.body = 'hello ' + ctx.session.user })"
  await staged(program, async ({ app }) => {
    const AsyncFunction = (async () => {}).constructor
    const text = await new AsyncFunction('request', 'app', 'sessionCookie', `return ${line}`)(request, app, testing.sessionCookie)
    assert.equal(text, 'hello ann')
  })
})
