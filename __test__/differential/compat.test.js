'use strict'

const { test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const { request, script } = require('./by-hand')
const { koa2, koa3, ours, upstream6, upstream7 } = require('./implementations')
const { portray } = require('./portray')
const play = require('./runner')
const Stage = require('./stage')
const { build } = require('./values')

const peers = { '7.0.2': upstream7, '6.4.0': upstream6 }
const frameworks = { 'Koa 3': koa3, 'Koa 2': koa2 }
const contents = {
  'plain data': { user: 'ann', views: 1, list: [1, null, { deep: true }], 10: 'first' },
  'text of any characters': { é: '日本 😀', quotes: '"\\/', half: { $: 'loneSurrogate' }, line: '\u2028', empty: '' },
  'a big session': { text: { $: 'big', length: 8000, of: 'x' } }
}
const lifetimes = [undefined, 60000, 'session']

let stage
before(async () => { stage = await new Stage().open() })
after(() => stage.close())

/** Writes a session with the first implementation, then reads and changes it with each of the others; returns the records. */
async function passOn (kinds, { content, maxAge, store }) {
  const requests = kinds.map((_, index) => index === 0
    ? request(['assign', content])
    : request(['toJSON'], ['read', 'populated'], ['read', 'maxAge'], ['set', 'by', index]))
  // 6.4.0 has no defaults for these two options, which it passes to the store.
  const options = { rolling: false, renew: false, ...(maxAge && { maxAge }) }
  const record = await play(script({ store, options, requests }), kinds, stage)
  return record.requests.map(request => ({ ...request, log: request.log.map(timed) }))
}

// Fault 13: for the maxAge 'session', we pass a number to the store.
function timed (line) {
  return line.startsWith('store.set/4 ') ? line.replace(" 'session' ctx ", ' 86410000 ctx ') : line
}

for (const [version, session] of Object.entries(peers)) {
  for (const [framework, Koa] of Object.entries(frameworks)) {
    for (const store of [false, true]) {
      const what = store ? 'records of a store' : 'cookies'
      test(`${what} of koa-session ${version} can be read by this package, and the reverse, on ${framework}`, async () => {
        const [peer, own] = [{ session, Koa }, { session: ours, Koa }]
        for (const [name, content] of Object.entries(contents)) {
          for (const maxAge of lifetimes) {
            const alone = await passOn([peer, peer, peer, peer], { content, maxAge, store })
            assert.ok(alone[1].log.includes(`route toJSON  = ${portray(build(content))}`), name)
            assert.deepEqual(await passOn([peer, own, peer, own], { content, maxAge, store }), alone, name)
            assert.deepEqual(await passOn([own, peer, own, peer], { content, maxAge, store }), alone, name)
          }
        }
      })
    }
  }

  test(`a session served in turn by koa-session ${version} and this package loses nothing`, async () => {
    const turns = [0, 1, 1, 0, 1, 0, 0, 1, 0, 1]
    const kinds = [{ session, Koa: koa3 }, { session: ours, Koa: koa3 }]
    for (const store of [false, true]) {
      const visits = turns.map(() => request(['count', 'views'], ['get', 'views']))
      const { requests } = await play(script({ store, options: { rolling: true }, requests: visits }), turns.map(turn => kinds[turn]), stage)
      for (const [index, { log }] of requests.entries()) assert.ok(log.includes(`route get 'views' = ${index + 1}`))
    }
  })

  test(`keys are rotated while servers with koa-session ${version} and with this package are running`, async () => {
    const visits = [['old'], ['new', 'old'], ['new', 'old'], ['new'], ['new']].map(values => ({
      ...request(['count', 'views'], ['get', 'views']),
      rotate: { as: 'strings', values, inPlace: true }
    }))
    for (const kinds of [[session, ours], [ours, session]]) {
      const { requests } = await play(script({ requests: visits }), kinds.map(session => ({ session, Koa: koa3 })), stage)
      for (const [index, { log }] of requests.entries()) assert.ok(log.includes(`route get 'views' = ${index + 1}`))
    }
  })

  test(`a session destroyed by koa-session ${version} has ended for this package, and the reverse`, async () => {
    for (const store of [false, true]) {
      for (const kinds of [[session, ours], [ours, session]]) {
        const visits = [request(['set', 'user', 'ann']), request(['get', 'user'], ['assign', null]), request(['get', 'user'])]
        const { requests } = await play(script({ store, requests: visits }), kinds.map(session => ({ session, Koa: koa3 })), stage)
        assert.ok(requests[1].log.includes("route get 'user' = 'ann'"))
        assert.ok(requests[2].log.includes("route get 'user' = undefined"))
      }
    }
  })

  test(`koa-session ${version} and this package agree on the last millisecond of a session`, async () => {
    // A browser whose clock is slow, since others would drop the cookie when it expires.
    const later = (milliseconds, operation) => {
      const visit = request(operation)
      return { ...visit, advance: milliseconds, cookies: { ...visit.cookies, late: true } }
    }
    for (const store of [false, true]) {
      for (const kinds of [[session, ours], [ours, session]]) {
        for (const [age, user] of [[999, "'ann'"], [1000, "'ann'"], [1001, 'undefined']]) {
          const visits = [request(['set', 'user', 'ann'], ['setMaxAge', 1000]), later(age, ['get', 'user'])]
          const record = await play(script({ store, requests: visits }), kinds.map(session => ({ session, Koa: koa3 })), stage)
          assert.ok(record.requests[1].log.includes(`route get 'user' = ${user}`), `${age}: ${record.requests[1].log}`)
        }
      }
    }
  })
}
