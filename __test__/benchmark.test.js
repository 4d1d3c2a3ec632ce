'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { mkdtemp, readFile, rm } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { prove } = require('../benchmark/proof')
const { setStage } = require('../benchmark/stage')
const { subject } = require('../benchmark/subjects')

const RUN = join(__dirname, '../benchmark/run.js')

const COLUMNS = {
  untouched: { cookie: ['koa-session', 'floor', 'ours'], store: ['koa-session', 'generic', 'minimal', 'minimal+mem', 'floor', 'ours'] },
  used: { cookie: ['koa-session', 'floor', 'ours', 'JSON'], store: ['koa-session', 'generic', 'minimal', 'minimal+mem', 'floor', 'ours', 'JSON'] }
}

/** Every case that the table must have, with those that know its mode. */
function expected () {
  const cases = [['untouched cookie', COLUMNS.untouched.cookie], ['untouched store', COLUMNS.untouched.store]]
  for (const mode of ['cookie', 'store']) {
    for (const action of ['read', 'modify']) {
      for (const bytes of [100, 1000, 3000]) cases.push([`${mode} ${action} ${bytes}`, COLUMNS.used[mode]])
    }
  }
  return new Map(cases)
}

test('the benchmark in process has all rows, in figures', { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'benchmark-'))
  t.after(() => rm(folder, { recursive: true }))
  const json = join(folder, 'figures.json')
  const args = [RUN, '--quick', '--only', 'inprocess', '--rounds', '2', '--batch-ms', '1', '--json', json]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const figures = JSON.parse(await readFile(json, 'utf8'))

  assert.deepEqual(Object.keys(figures.inprocess), [...expected().keys()])
  for (const [name, subjects] of expected()) {
    const { us } = figures.inprocess[name]
    assert.deepEqual(Object.keys(us).sort(), [...subjects].sort(), name)
    for (const one of subjects) assert.ok(Number.isFinite(us[one]), `${name}: ${one} took ${us[one]}`)

    const line = stdout.split('\n').find((text) => text.startsWith(name.padEnd(24)))
    const cells = line.slice(name.length).trim().split(/\s+/)
    // Six subjects, JSON, and two ratios, which may be too small to tell.
    assert.equal(cells.length, 9, line)
    assert.equal(cells.slice(0, 7).filter((cell) => /^-?\d+(\.\d+)?$/.test(cell)).length, subjects.length, line)
  }
})

const parse = (value) => value === undefined ? {} : JSON.parse(Buffer.from(value, 'base64').toString())

const send = (ctx, session) => {
  ctx.cookies.set('koa.sess', Buffer.from(JSON.stringify(session)).toString('base64'), { signed: true })
}

const verified = (ctx) => parse(ctx.cookies.get('koa.sess', { signed: true }))

/** Middleware with one fault each, by the action that shows it. */
const FAULTS = {
  untouched: {
    'sends a cookie nobody needs': (ctx, next) => next().then(() => send(ctx, {}))
  },
  read: {
    'forgets the session': (ctx, next) => {
      ctx.session = {}
      return next()
    },
    'keeps a part of the session': (ctx, next) => {
      const { n, k0000 } = verified(ctx)
      ctx.session = { n, k0000 }
      return next().then(() => send(ctx, ctx.session))
    },
    'does not verify': (ctx, next) => {
      ctx.session = parse(ctx.cookies.get('koa.sess', { signed: false }))
      return next().then(() => send(ctx, ctx.session))
    }
  },
  modify: {
    'drops changes': (ctx, next) => {
      ctx.session = verified(ctx)
      const before = structuredClone(ctx.session)
      return next().then(() => send(ctx, 'n' in before ? before : ctx.session))
    }
  }
}

const scene = (action) => ({ action, mode: 'cookie', bytes: 100 })

for (const [action, faults] of Object.entries(FAULTS)) {
  for (const [name, middleware] of Object.entries(faults)) {
    test(`what ${name} is not measured`, async () => {
      const stage = await setStage({ ...subject('floor'), name, use: (app) => app.use(middleware) }, scene(action))
      await assert.rejects(prove(stage), { code: 'ERR_ASSERTION' })
    })
  }
}

test('what works is measured', async () => {
  for (const action of Object.keys(FAULTS)) await prove(await setStage(subject('floor'), scene(action)))
})
