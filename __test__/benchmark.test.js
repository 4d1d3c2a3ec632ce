'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { mkdtemp, readFile, rm, writeFile } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { SERIES } = require('../benchmark/growth')
const { PANELS, plot } = require('../benchmark/plot')
const { record } = require('../benchmark/print')
const { prove } = require('../benchmark/proof')
const { shape } = require('../benchmark/shapes')
const { setStage } = require('../benchmark/stage')
const { subject } = require('../benchmark/subjects')

const RUN = join(__dirname, '../benchmark/run.js')

const COOKIE_COLUMNS = ['koa-session', 'floor', 'native', 'wrapper', 'ours']
const STORE_COLUMNS = ['generic', 'minimal', 'minimal+mem', ...COOKIE_COLUMNS, 'ours+mem']

const SHAPES = ['passport', 'login', 'cart', 'oidc', 'four', 'flat-100', 'flat-1000', 'flat-3000']

const KINDS = ['flat', 'nested', 'token']

const COLUMNS = {
  untouched: { cookie: COOKIE_COLUMNS, store: STORE_COLUMNS },
  used: { cookie: [...COOKIE_COLUMNS, 'JSON'], store: [...STORE_COLUMNS, 'JSON'] }
}

/** Every case that the table must have, with the subjects that support its mode. */
function expected () {
  const cases = [['untouched cookie', COLUMNS.untouched.cookie], ['untouched store', COLUMNS.untouched.store]]
  for (const mode of ['cookie', 'store']) {
    for (const action of ['read', 'modify']) {
      for (const shape of SHAPES) cases.push([`${mode} ${action} ${shape}`, COLUMNS.used[mode]])
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
    // Nine subjects, JSON, and two ratios, which may be too small to be measured.
    assert.equal(cells.length, 12, line)
    assert.equal(cells.slice(0, 10).filter((cell) => /^-?\d+(\.\d+)?$/.test(cell)).length, subjects.length, line)
  }
})

test('allocations and the start are measured', { timeout: 120_000 }, async (t) => {
  const args = ['--only', 'heap,start', '--rounds', '2', '--subjects', 'floor,wrapper,ours', '--cases', 'cookie modify cart']
  const { figures } = await run(t, args)
  const allocated = figures.heap['cookie modify cart']
  assert.deepEqual(Object.keys(allocated), ['floor', 'wrapper', 'ours'])
  for (const [name, bytes] of Object.entries(allocated)) assert.ok(bytes > 1000 && bytes < 100_000, `${name}: ${bytes}`)
  for (const { own } of Object.values(figures.start)) assert.ok(own > 0)
  assert.ok(figures.start.ours.addonBytes > 100_000)
  assert.equal(figures.start['koa-session'].addonBytes, 0)
})

test('growth with the bytes of a session is measured for each kind of data, in figures', { timeout: 120_000 }, async (t) => {
  const args = ['--only', 'growth', '--rounds', '1', '--batch-ms', '1', '--subjects', 'native,ours', '--cases', 'cookie modify']
  const { figures } = await run(t, args)
  const names = KINDS.map((kind) => `session bytes, cookie modify ${kind}`)
  assert.deepEqual(Object.keys(figures.growth.series), names)
  for (const name of names) {
    const { us, nsPerByte } = figures.growth.series[name]
    assert.deepEqual(Object.keys(us), ['100 B', '300 B', '1000 B', '3000 B'].slice(name.endsWith('nested') ? 1 : 0))
    for (const figures of [...Object.values(us), nsPerByte]) assert.deepEqual(Object.keys(figures), ['native', 'ours', 'JSON'])
  }
})

const bytesOf = (name) => name.endsWith('nested') ? [300, 1000, 3000] : [100, 300, 1000, 3000]

test('the plot has a panel for each series by bytes, and in it a line for each measured subject', () => {
  assert.deepEqual([...PANELS.keys()].sort(), SERIES.map(({ name }) => name).filter((name) => name.startsWith('session bytes')).sort())
  const us = (bytes) => ({ native: bytes / 10, ours: bytes / 100, floor: bytes === 1000 ? -1 : bytes / 5 })
  const svg = plot(Object.fromEntries([...PANELS.keys()].map((name) =>
    [name, { us: Object.fromEntries(bytesOf(name).map((bytes) => [`${bytes} B`, us(bytes)])) }])))
  const lines = [...svg.matchAll(/<path class="line (\S+)"[^>]* d="M([^"]*L[^"]*)"/g)]
    .map(([, name, points]) => ({ name, xs: points.split('L').map((point) => Number(point.split(' ')[0])) }))
  assert.deepEqual(lines.map(({ name }) => name), [...PANELS.keys()].flatMap(() => ['floor', 'native', 'ours']))
  // No points below zero, and only valid coordinates.
  assert.deepEqual(lines.slice(0, 6).map(({ xs }) => xs.length), [3, 4, 4, 2, 3, 3])
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/)
  // Panels of a row have the same axis: as many bytes are at the same place in each.
  const [flat, nested, token] = [1, 4, 7].map((i) => lines[i].xs)
  const gaps = (xs) => xs.slice(1).map((x, i) => Math.round(x - xs[i]))
  assert.deepEqual(gaps(nested), gaps(flat).slice(1))
  assert.deepEqual(gaps(token), gaps(flat))
  const panels = [...svg.matchAll(/<text x="(\S+)" y="(\S+)" class="title">/g)].slice(1)
  assert.deepEqual([1, 2].map((column) => new Set(panels.map((match) => match[column])).size), [3, 4])
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

/** Drops the last key, or that of the last nested object. */
function dropLast (data) {
  const last = Object.keys(data).at(-1)
  if (typeof data[last] === 'object') dropLast(data[last])
  else delete data[last]
}

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
      ctx.session = verified(ctx)
      dropLast(ctx.session)
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
      return next().then(() => send(ctx, Object.keys(before).length > 0 ? before : ctx.session))
    }
  }
}

const scene = (action, shape) => ({ action, mode: 'cookie', shape })

for (const [action, faults] of Object.entries(FAULTS)) {
  for (const [name, middleware] of Object.entries(faults)) {
    test(`middleware that ${name} is not measured`, async () => {
      for (const shape of ['flat-100', 'cart', 'oidc']) {
        const faulty = { ...subject('floor'), name: `${name} ${shape}`, use: (app) => app.use(middleware) }
        const stage = await setStage(faulty, scene(action, shape))
        await assert.rejects(prove(stage), { code: 'ERR_ASSERTION' })
      }
    })
  }
}

test('working middleware is measured', async () => {
  for (const name of ['floor', 'native', 'ours']) {
    for (const action of Object.keys(FAULTS)) {
      for (const shape of [...SHAPES, 'nested-300', 'token-1000']) await prove(await setStage(subject(name), scene(action, shape)))
    }
  }
})

test('shapes of a size have as many bytes, and each shape has a change that is undone by a second one', () => {
  for (const bytes of [300, 1000, 3000]) {
    for (const kind of KINDS) assert.equal(JSON.stringify(shape(`${kind}-${bytes}`).data()).length, bytes, kind)
  }
  for (const name of [...SHAPES, 'nested-1000', 'token-1000']) {
    const one = shape(name)
    const data = one.changed()
    assert.notDeepEqual(data, one.data(), name)
    one.modify(data)
    assert.deepEqual(data, one.data(), name)
  }
  for (const name of ['none', 'flat', 'flat-0', 'flat-x', 'toString-100']) assert.throws(() => shape(name), RangeError)
})
