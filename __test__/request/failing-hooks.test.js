'use strict'

/** No failing hook throws into code that cannot handle it: at most, it fails its request. */

const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const { once } = require('node:events')
const http = require('node:http')
const path = require('node:path')
const { after, before, describe, test } = require('node:test')

const { request, requestHttp2 } = require('../harness/client')
const { HOOKS, casesOf } = require('./failing-hooks-cases')

/** Only ends a request that hangs. */
const PATIENCE_MS = 60_000

let child, output, ports, agent

before(start)
after(() => {
  agent.destroy()
  child.disconnect()
})

async function start () {
  agent = new http.Agent({ keepAlive: true })
  output = ''
  child = fork(path.join(__dirname, 'failing-hooks-app.js'), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  child.stderr.setEncoding('utf8').on('data', (text) => { output += text })
  ;[ports] = await once(child, 'message')
}

/** Waits for a promise. Rejects if the process ends, or hangs. */
function whileAlive (promise) {
  const over = new AbortController()
  const ended = once(child, 'exit', { signal: over.signal }).then(() => { throw new Error(`the process has ended\n${output}`) })
  const late = AbortSignal.timeout(PATIENCE_MS)
  const hung = once(late, 'abort', { signal: over.signal }).then(() => { throw new Error('no answer') })
  ended.catch(() => {})
  hung.catch(() => {})
  return Promise.race([promise, ended, hung]).finally(() => over.abort())
}

/** Sends a request of a case. Returns the status, the body, and the Cookie header for the next request. */
function send (given, { fails = false, cookie, isAborted = false } = {}) {
  const headers = { 'x-case': JSON.stringify(given), 'x-fails': fails ? '1' : '0', ...(cookie && { cookie }) }
  return given.way === 'http2' ? sendHttp2(headers) : sendHttp1(headers, isAborted)
}

function sendHttp1 (headers, isAborted) {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port: ports[0], headers, agent }, async (response) => {
      if (isAborted) {
        response.on('error', () => {})
        sent.destroy()
        return resolve({ status: response.statusCode, body: 'aborted' })
      }
      let body = ''
      try {
        for await (const chunk of response.setEncoding('utf8')) body += chunk
      } catch (err) {
        return reject(err)
      }
      resolve({ status: response.statusCode, body, cookie: cookieOf(response.headers['set-cookie']) })
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function sendHttp2 (headers) {
  const { status, body, setCookie } = await requestHttp2(ports[1], { headers })
  return { status, body, cookie: cookieOf(setCookie) }
}

function cookieOf (lines = []) {
  return lines.map((line) => line.slice(0, line.indexOf(';'))).join('; ')
}

async function getEmitted (given) {
  return (await request(ports[0], { path: `/emitted?case=${encodeURIComponent(JSON.stringify(given))}`, agent })).json
}

/** Plays a case: a request with a session, during which the hook fails. */
async function play (given) {
  const { isNew } = HOOKS[given.hook]
  const isAborted = given.way === 'aborted'
  const login = isNew ? {} : await whileAlive(send({ ...given, way: 'body' }))
  const answer = await whileAlive(send(given, { fails: true, cookie: login.cookie, isAborted }))
  return { answer, ...await whileAlive(getEmitted(given)) }
}

for (const hook of Object.keys(HOOKS)) {
  describe(`${hook} fails`, () => {
    test('the process serves the next request, and the failure is emitted', async () => {
      for (const given of casesOf(hook)) {
        const what = JSON.stringify(given)
        const { answer, calls, emitted } = await play(given)
        assert.ok([200, 500].includes(answer.status), `${what}: ${answer.status}`)
        if (answer.status === 200 && given.way !== 'aborted') assert.equal(answer.body, 'headtail', what)
        assert.ok(emitted.every(({ isError }) => isError), `${what}: ${JSON.stringify(emitted)}`)
        // The failure after an abort may be emitted later.
        if (calls > 0 && given.way !== 'aborted') assert.ok(emitted.length > 0, `${what}: emitted nothing`)
      }
    })
  })
}
