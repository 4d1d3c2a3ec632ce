'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { mkdtemp, readFile, rm } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { reasonToSkip } = require('../benchmark/stores/http')
const { checked, dataOf, idOf, Pool, BYTES } = require('../benchmark/stores/sessions')
const { SUBJECTS, missing } = require('../benchmark/stores/subjects')
const redis = require('./servers/redis')

const RUN = join(__dirname, '../benchmark/stores.js')
const TINY = ['--sessions', '300', '--rounds', '1', '--ms', '10', '--seconds', '1']

/** Figures that are above zero whenever something was measured. */
const POSITIVE = ['rate', 'p50', 'p99', 'mainUs', 'allUs']

async function figuresOf (t, ...args) {
  const folder = await mkdtemp(join(tmpdir(), 'benchmark-'))
  t.after(() => rm(folder, { recursive: true }))
  const json = join(folder, 'figures.json')
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, ...TINY, ...args, '--json', json])
  return { lines: stdout.split('\n'), figures: JSON.parse(await readFile(json, 'utf8')) }
}

for (const part of ['memory', 'sqlite', 'redis']) {
  const skip = part === 'redis' && redis.skip
  test(`the result of the part ${part} has figures of all its stores`, { skip, timeout: 120_000 }, async (t) => {
    const { lines, figures } = await figuresOf(t, '--only', part)
    const subjects = SUBJECTS.filter((one) => one.part === part)
    const names = subjects.filter((one) => !missing(one)).map(({ name }) => name)
    assert.deepEqual(Object.keys(figures[part]), names)
    for (const one of subjects.filter(missing)) assert.ok(lines.includes(`${one.name}: skipped (${missing(one)})`))
    for (const name of names) {
      assert.ok(Number.isFinite(figures[part][name].bytes), name)
      for (const operation of ['lookup', 'write']) {
        const levels = figures[part][name][operation]
        assert.deepEqual(Object.keys(levels), ['1', '64', '256'])
        for (const field of POSITIVE) assert.ok(levels[64][field] > 0, `${name} ${operation} ${field}`)
      }
      assert.equal(lines.filter((line) => line.startsWith(name.padEnd(36))).length, 3, name)
    }
  })
}

test('the result has figures of a subject with many sessions', { skip: redis.skip, timeout: 120_000 }, async (t) => {
  const { figures } = await figuresOf(t, '--only', 'crowd')
  assert.deepEqual(Object.keys(figures.crowd), ['MemoryStore', 'SqliteStore', 'RedisStore'])
  for (const [name, steps] of Object.entries(figures.crowd)) {
    assert.ok(Object.keys(steps).length > 3)
    for (const [step, row] of Object.entries(steps)) {
      for (const field of ['all', 'p50', 'p99', 'longest']) assert.ok(row[field] > 0, `${name} ${step} ${field}`)
    }
  }
})

test('the result has figures of stores under Koa', { skip: reasonToSkip() ?? false, timeout: 120_000 }, async (t) => {
  const name = 'RedisStore + koa-session-rs'
  const { figures } = await figuresOf(t, '--only', 'http', '--stores', name)
  for (const action of ['read', 'modify']) {
    assert.deepEqual(Object.keys(figures.http[action]), [name, 'bare'])
    for (const one of Object.values(figures.http[action])) assert.ok(one.rate > 0 && one.mainUs > 0)
  }
})

test('a session has the given size, and a missing one throws', () => {
  for (const turn of [0, 1]) assert.equal(JSON.stringify(dataOf(turn)).length, BYTES)
  assert.notDeepEqual(dataOf(0), dataOf(1))
  assert.equal(checked(JSON.parse(JSON.stringify(dataOf(1)))).n, dataOf(1).n)
  for (const none of [undefined, null, {}]) assert.throws(() => checked(none))
})

test('the ids that are looked up exist, and none occurs twice', () => {
  const all = new Set(Array.from({ length: 1000 }, (_, i) => idOf(i)))
  const pool = new Pool(1000)
  const asked = new Set(Array.from({ length: 1000 }, () => pool.id(pool.next())))
  assert.deepEqual(asked, all)
})
