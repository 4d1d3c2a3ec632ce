'use strict'

// A missing reply, at each step of each operation: the connection breaks before a request or its reply, or receives nothing any
// more, or the server is gone, or is paused for longer than the timeout. The operation may have been executed or not, but not by
// half. The index is also lost, at each step.

const assert = require('node:assert/strict')
const { after, before, describe, mock, test } = require('node:test')
const { until } = require('../servers/process')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')
const { LIFE_MS, OPERATIONS, hash } = require('./redis-lost-operations')
const { startAlone, startMasters } = require('./redis-lost-places')

const TIMEOUT_MS = 100
/** The most steps of an operation. */
const MOST = 24
const IDS = ['old', 'new', 'other', 'third']
const SUBJECTS = ['alice', 'bob']
const IN_CLUSTER = ['create, which destroys the oldest', 'regenerate, to another subject', 'destroyAll']
/** After this time, a move that has begun but not ended no longer blocks other writers of the session. */
const MOVING_MS = 11000
/** A complete move leaves the old key for less than this, as a reference to the new one. */
const MOVED_MS = 61000

/**
 * Each replaces a request or a reply, of all operations or of those in `of`. With `mayFail`, it lasts beyond the timeout, and the
 * operation may fail. `make` may return a function that ends the fault after the operation.
 */
const FAULTS = {
  'the connection breaks before a request': { kind: 'request', make: ({ connection }) => connection.cut() },
  'the connection breaks before an answer': { kind: 'answer', make: ({ connection }) => connection.cut() },
  'nothing more is received over the connection': { kind: 'answer', mayFail: true, make: ({ connection }) => connection.mute() },
  'the servers are gone before a request': { kind: 'request', mayFail: true, make: stopServers },
  'the servers are gone before an answer': { kind: 'answer', mayFail: true, make: stopServers },
  'the servers are paused': {
    kind: 'request',
    mayFail: true,
    make ({ connection, place }) {
      place.pause()
      connection.pass()
      return () => place.resume()
    }
  },
  'the index is lost before a request': {
    kind: 'request',
    of: ['create', 'create, which destroys the oldest', 'merge, to another subject', 'regenerate', 'destroyAll'],
    async make ({ connection, place }) {
      await place.loseIndex()
      connection.pass()
    }
  }
}

function stopServers ({ place: { proxy } }) {
  proxy.stop()
  return () => proxy.restart()
}

describe('a missing reply', { skip: servers.skip, concurrency: true }, () => {
  for (const [name, operation] of Object.entries(OPERATIONS)) loseAll(name, startAlone, operation)
  for (const name of IN_CLUSTER) loseAll(`${name}, in a cluster`, startMasters, OPERATIONS[name])
})

/** Registers tests that run an operation with each fault at each of its steps, on servers of their own. */
function loseAll (name, start, operation) {
  describe(name, { concurrency: false }, () => {
    let place
    before(async () => { place = await start() })
    after(() => place.stop())
    for (const [what, fault] of Object.entries(FAULTS)) {
      if (fault.of && !fault.of.includes(name)) continue
      test(what, async () => {
        const direct = new RedisStore(place.options)
        for (let at = 0, isOver = false; !isOver; at++) {
          assert.ok(at < MOST)
          try {
            isOver = await lose(place, direct, fault, operation, at)
          } catch (err) {
            throw new Error(`${fault.kind} ${at}: ${err.message}`, { cause: err })
          } finally {
            await place.empty()
          }
        }
        await direct.close()
      })
    }
  })
}

/** Runs an operation with a fault at its step `at`. Returns whether it was over before that step. */
async function lose (place, direct, fault, { before, run, after, between = [] }, at) {
  // The store then knows that the index is complete, and sends no commands to find out, unless it is lost.
  for (const subject of SUBJECTS) await direct.list(subject)
  for (const [id, [subject, data]] of Object.entries(before)) {
    await direct.create(id, { data, maxAge: LIFE_MS, subject: subject ?? undefined }, LIFE_MS)
  }
  const waiting = fault.mayFail ? { timeoutMs: TIMEOUT_MS, connectTimeoutMs: TIMEOUT_MS } : {}
  const store = new RedisStore({ ...place.options, ...waiting })
  for (const id of IDS) await until('connections', () => store.load(id).then(() => true, () => false))
  const { proxy } = place
  let end
  proxy.fail(fault.kind, at, async (connection) => { end = await fault.make({ connection, place }) })
  const answer = await run(store).catch((error) => error)
  const isOver = proxy.count <= at
  proxy.fail('nothing')
  await end?.()
  await place.settled()
  await store.close()

  await place.age(MOVED_MS)
  const found = await findSessions(direct)
  if (answer instanceof Error) {
    assert.ok(fault.mayFail, answer.stack)
    assert.ok(['timeout', 'lost', 'unreachable'].includes(answer.reason), answer.stack)
    const allowed = [before, after, ...between]
    assert.ok(allowed.some((each) => isSame(each, found)), `${answer.reason}: ${JSON.stringify(found)} is left`)
  } else {
    assert.deepEqual(found, after, JSON.stringify(answer))
  }
  await use(direct, found)
  return isOver
}

function isSame (one, other) {
  try {
    assert.deepEqual(one, other)
    return true
  } catch {
    return false
  }
}

/** Returns the live sessions with their subjects, by the index, and their data, by `load`. */
async function findSessions (direct) {
  const owners = {}
  for (const subject of SUBJECTS) {
    for (const entry of await direct.list(subject)) {
      assert.equal(owners[entry.hash], undefined, 'it is listed twice')
      owners[entry.hash] = subject
    }
  }
  const found = {}
  for (const id of IDS) {
    const loaded = await direct.load(id)
    const owner = owners[hash(id)] ?? null
    assert.equal(loaded?.hasSubject ?? false, owner !== null, `${id} of ${owner}`)
    if (loaded !== undefined) found[id] = [owner, loaded.data]
  }
  return found
}

/** Checks that later requests can write to the sessions, and that destroyAll destroys those of each subject. */
async function use (direct, found) {
  for (const id of IDS) {
    const touched = await later(() => direct.touch(id, LIFE_MS))
    assert.equal(touched === 'missing', found[id] === undefined, id)
    if (touched === 'missing') continue
    const { rev } = await direct.load(id)
    const merged = await later(() => direct.merge(id, { base: rev, set: '{"later":1}', delete: [] }, LIFE_MS))
    assert.equal(merged.rev, rev + 1, id)
  }
  for (const subject of SUBJECTS) {
    const count = Object.values(found).filter(([owner]) => owner === subject).length
    assert.equal(await direct.destroyAll(subject), count, subject)
  }
  const left = Object.entries(await findSessions(direct))
  assert.ok(left.every(([, [owner]]) => owner === null))
  assert.equal(left.length, Object.values(found).filter(([owner]) => owner === null).length)
}

/** Calls a function at a time when an unfinished move no longer blocks other writers. */
function later (ask) {
  const now = mock.method(Date, 'now', ((now) => () => now() + MOVING_MS)(Date.now))
  try {
    return ask()
  } finally {
    now.mock.restore()
  }
}
