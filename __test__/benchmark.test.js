'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { mkdtemp, readFile, rm, writeFile } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { PANELS, plot } = require('../benchmark/plot')
const { record } = require('../benchmark/print')
const { prove } = require('../benchmark/proof')
const { setStage } = require('../benchmark/stage')
const { subject } = require('../benchmark/subjects')

const RUN = join(__dirname, '../benchmark/run.js')

const COOKIE_COLUMNS = ['koa-session', 'floor', 'wrapper', 'ours']
const STORE_COLUMNS = ['generic', 'minimal', 'minimal+mem', ...COOKIE_COLUMNS, 'ours+mem']

const COLUMNS = {
  untouched: { cookie: COOKIE_COLUMNS, store: STORE_COLUMNS },
  used: { cookie: [...COOKIE_COLUMNS, 'JSON'], store: [...STORE_COLUMNS, 'JSON'] }
}

/** Every case that the table must have, with the subjects that support its mode. */
function expected () {
  const cases = [['untouched cookie', COLUMNS.untouched.cookie], ['untouched store', COLUMNS.untouched.store]]
  for (const mode of ['cookie', 'store']) {
    for (const action of ['read', 'modify']) {
      for (const bytes of [100, 1000, 3000]) cases.push([`${mode} ${action} ${bytes}`, COLUMNS.used[mode]])
    }
  }
  return new Map(cases)
}

async function temporary (t) {
  const folder = await mkdtemp(join(tmpdir(), 'benchmark-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

/** Runs the benchmark; returns its figures and its output. */
async function run (t, args) {
  const json = join(await temporary(t), 'figures.json')
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, '--quick', ...args, '--json', json])
  return { figures: JSON.parse(await readFile(json, 'utf8')), stdout }
}

test('the benchmark in one process prints all rows, with figures', { timeout: 120_000 }, async (t) => {
  const { figures, stdout } = await run(t, ['--only', 'inprocess', '--rounds', '2', '--batch-ms', '1'])

  assert.deepEqual(Object.keys(figures.inprocess), [...expected().keys()])
  for (const [name, subjects] of expected()) {
    const { us } = figures.inprocess[name]
    assert.deepEqual(Object.keys(us).sort(), [...subjects].sort(), name)
    for (const one of subjects) assert.ok(Number.isFinite(us[one]), `${name}: ${one} took ${us[one]}`)

    const line = stdout.split('\n').find((text) => text.startsWith(name.padEnd(24)))
    const cells = line.slice(name.length).trim().split(/\s+/)
    // Eight subjects, JSON, and two ratios, which may be too small to be measured.
    assert.equal(cells.length, 11, line)
    assert.equal(cells.slice(0, 9).filter((cell) => /^-?\d+(\.\d+)?$/.test(cell)).length, subjects.length, line)
  }
})

test('allocations and the start are measured', { timeout: 120_000 }, async (t) => {
  const args = ['--only', 'heap,start', '--rounds', '2', '--subjects', 'floor,wrapper,ours', '--cases', 'cookie modify 1000']
  const { figures } = await run(t, args)
  const allocated = figures.heap['cookie modify 1000']
  assert.deepEqual(Object.keys(allocated), ['floor', 'wrapper', 'ours'])
  for (const [name, bytes] of Object.entries(allocated)) assert.ok(bytes > 1000 && bytes < 100_000, `${name}: ${bytes}`)
  for (const { own } of Object.values(figures.start)) assert.ok(own > 0)
  assert.ok(figures.start.ours.addonBytes > 100_000)
  assert.equal(figures.start['koa-session'].addonBytes, 0)
})

test('the plot has a line for each measured subject', () => {
  const us = { '100 B': { ours: 1, floor: 2 }, '1000 B': { ours: 10, floor: -1 }, '3000 B': { ours: 30, floor: 20 } }
  const svg = plot(Object.fromEntries([...PANELS.keys()].map((name) => [name, { us }])))
  const lines = [...svg.matchAll(/<path class="line (\S+)"[^>]* d="M([^"]*L[^"]*)"/g)]
  assert.deepEqual(lines.map(([, name]) => name), [...PANELS.keys()].flatMap(() => ['floor', 'ours']))
  // No points below zero, and only valid coordinates.
  assert.deepEqual(lines.slice(0, 2).map(([, , points]) => points.split('L').length), [2, 3])
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/)
})

test('figures are recorded between the marks of a document, and nowhere else', async (t) => {
  const file = join(await temporary(t), 'page.md')
  await writeFile(file, 'a\n<!-- heap -->\nold\n<!-- /heap -->\nb\n')
  record(file, 'heap', 'new $& figures')
  assert.equal(await readFile(file, 'utf8'), 'a\n<!-- heap -->\n```text\nnew $& figures\n```\n<!-- /heap -->\nb\n')
  assert.throws(() => record(file, 'start', 'figures'))
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
    test(`middleware that ${name} is not measured`, async () => {
      const stage = await setStage({ ...subject('floor'), name, use: (app) => app.use(middleware) }, scene(action))
      await assert.rejects(prove(stage), { code: 'ERR_ASSERTION' })
    })
  }
}

test('working middleware is measured', async () => {
  for (const action of Object.keys(FAULTS)) await prove(await setStage(subject('floor'), scene(action)))
})
