'use strict'

// Many concurrent HTTP requests of one session, on each store; by two processes, if they can share it.

const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const { once } = require('node:events')
const { mkdtempSync, rmSync } = require('node:fs')
const http = require('node:http')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { after, before, describe, test } = require('node:test')
const { Client } = require('../harness/client')
const redis = require('../servers/redis')

const ROUNDS = 200
const REQUESTS = 64
const REVIVALS = 1000

/** The place of each store, and the number of its processes; `remove` removes the place. */
const PLACES = {
  memory: { processes: 1, open: async () => ({ options: {}, remove () {} }) },
  sqlite: {
    processes: 2,
    async open () {
      const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-sqlite-'))
      return { options: { file: join(folder, 'sessions.db') }, remove: () => rmSync(folder, { recursive: true }) }
    }
  },
  redis: {
    processes: 2,
    skip: redis.skip,
    async open () {
      const server = await redis.start()
      return { options: { url: server.url }, remove: () => server.stop() }
    }
  }
}

async function startProcess (store, options) {
  const child = fork(join(__dirname, 'app-process.js'), [JSON.stringify({ store, options })])
  const [{ port }] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [{}])])
  assert.ok(port > 0, 'the process did not start')
  return { child, port }
}

for (const [store, { processes, skip = false, open }] of Object.entries(PLACES)) {
  describe(`${store}, ${processes} process(es)`, { skip }, () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: REQUESTS })
    let place, apps

    before(async () => {
      place = await open()
      apps = await Promise.all(Array.from({ length: processes }, () => startProcess(store, place.options)))
    })

    after(async () => {
      agent.destroy()
      for (const { child } of apps ?? []) {
        child.disconnect()
        await once(child, 'exit')
      }
      await place?.remove()
    })

    /** Sends a request to the next of the processes, with the visitor's current cookies. */
    let turn = 0
    const get = (visitor, path) => {
      const client = new Client(apps[turn++ % apps.length].port, agent)
      client.jar = new Map(visitor.jar)
      return client.get(path).then((answer) => Object.assign(answer, { jar: client.jar }))
    }

    const visit = async (path) => {
      const visitor = new Client(apps[0].port, agent)
      await visitor.get(path)
      return visitor
    }

    test(`${REQUESTS} requests each set a key of their own, ${ROUNDS} times: all keys are kept`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const visitor = await visit('/set?key=first&value=0')
        const expected = { first: 0 }
        await Promise.all(Array.from({ length: REQUESTS }, (_, i) => {
          expected[`k${i}`] = round + i
          return get(visitor, `/set?key=k${i}&value=${round + i}&turns=${i % 4}`)
        }))
        const { body } = await get(visitor, '/me')
        assert.deepEqual(JSON.parse(body), expected)
      }
    })

    test(`a session that is destroyed during slow writes is never revived, ${REVIVALS} times`, async () => {
      for (let round = 0; round < REVIVALS; round++) {
        const visitor = await visit('/set?key=first&value=0')
        const requests = Array.from({ length: 5 }, (_, i) =>
          get(visitor, i === round % 5 ? '/logout' : `/set?key=k${i}&value=1&turns=${(round + i) % 7}`))
        await Promise.all(requests)
        const { body } = await get(visitor, '/me')
        assert.equal(body, '{}')
      }
    })

    test('requests in flight during a login do not end the login', async () => {
      for (let round = 0; round < 100; round++) {
        const visitor = await visit('/set?key=basket&value=1')
        const before = visitor.cookie
        const polling = [1, 3, 9, 27].map((turns) => get(visitor, `/poll?turns=${turns}`))
        const login = await get(visitor, `/login?user=u${round}`)
        visitor.jar = login.jar
        assert.notEqual(visitor.cookie, before)
        for (const answer of await Promise.all(polling)) {
          // Whatever the order of the responses: a request that ended before the login sends at most the old id.
          for (const line of answer.setCookie) assert.ok(before.split('; ').includes(line.split(';')[0]))
        }
        const { body } = await get(visitor, '/me')
        assert.deepEqual(JSON.parse(body), { basket: 1, user: `u${round}` })
      }
    })
  })
}
