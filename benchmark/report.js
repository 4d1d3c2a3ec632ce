'use strict'

/**
 * The parts of the benchmark: each measures, prints its tables line by line, and returns its figures as plain data.
 */

const { COMPAT_CASES, COMPAT_SUBJECTS } = require('./compat')
const { SERIES, remaining, slopes } = require('./growth')
const { allocations } = require('./heap')
const { CASES, MODES, costs } = require('./inprocess')
const { LIVE_CASES, Servers, reasonToSkip } = require('./live')
const { CONNECTIONS, bestGenerator } = require('./generator')
const { print } = require('./print')
const { SEALED_CASES, SEALED_SUBJECTS } = require('./sealed')
const { starts } = require('./start')
const { Table, number, quotient, ratio } = require('./table')

/** The cases that --quick measures: those for which the project has goals. */
const SAMPLE = {
  subjects: ['koa-session', 'minimal+mem', 'floor', 'native', 'ours', 'ours+mem'],
  cases: ['read login', 'modify cart', 'read flat-1000', 'modify flat-1000'],
  heap: ['cookie modify cart', 'cookie modify flat-1000', 'store modify cart', 'store modify flat-1000']
}

/** The subjects whose memory is measured: only these, since each needs its own process, which takes time. */
const REMAINING = ['koa-session', 'ours']

/** Reports the cost of a request in one process. */
async function inprocess (subjects, options) {
  print('\nIn process, µs a request above bare Koa\n')
  const columns = [...subjects.map(({ name }) => name), 'JSON']
  const table = new Table(['case', ...columns, 'koa-session/ours', 'ours/floor'])
  const figures = {}
  for (const [name, scene] of wanted(CASES, options)) {
    const measured = await costs(subjects, scene, options)
    const ratios = ratiosOf((subject) => measured.get(subject))
    table.line([name, ...columns.map((column) => number(measured.get(column))), ...ratios.map(ratio)])
    figures[name] = { us: Object.fromEntries(measured), koaSessionByOurs: ratios[0], oursByFloor: ratios[1] }
  }
  return figures
}

function ratiosOf (us) {
  return [quotient(us('koa-session'), us('ours')), quotient(us('ours'), us('floor'))]
}

/** Reports the heap allocation of a request. */
async function heap (subjects, options) {
  print('\nAllocated on the JavaScript heap, bytes a request above bare Koa\n')
  const columns = subjects.map(({ name }) => name)
  const table = new Table(['case', ...columns, 'koa-session/ours', 'ours/floor'])
  const cases = wanted(CASES, options).filter(([name]) => !options.sample || SAMPLE.heap.includes(name))
  const measured = new Map()
  for (const subject of subjects) {
    const known = cases.filter(([, { mode }]) => subject.modes.includes(mode)).map(([name]) => name)
    measured.set(subject.name, known.length === 0 ? {} : await allocations(subject, known))
  }
  const figures = {}
  for (const [name] of cases) {
    const bytes = (column) => measured.get(column)?.[name]
    table.line([name, ...columns.map((column) => bytes(column)?.toFixed(0) ?? '-'), ...ratiosOf(bytes).map(ratio)])
    figures[name] = Object.fromEntries(columns.map((column) => [column, bytes(column)]))
  }
  return figures
}

/** Reports how costs grow with sessions, cookies and keys. */
async function growth (subjects, options) {
  const figures = { series: {}, remaining: {} }
  for (const series of SERIES.filter(({ name }) => options.isWanted(name))) {
    figures.series[series.name] = await growthOf(series, subjects, options)
  }
  if (MODES.some((mode) => options.isWanted(`${mode} memory`))) figures.remaining = await remainingTable(subjects, options)
  return figures
}

async function growthOf ({ name, points }, subjects, options) {
  print(`\nGrowth with ${name}: µs a request above bare Koa\n`)
  const columns = [...subjects.map((subject) => subject.name), 'JSON']
  const table = new Table(['', ...columns])
  const measured = []
  for (const point of points) {
    measured.push(await costs(subjects, point.scene, options))
    table.line([point.name, ...columns.map((column) => number(measured.at(-1).get(column)))])
  }
  const slope = slopes(points, measured)
  if (slope) table.line(['ns a byte, first to last', ...columns.map((column) => number(slope.get(column)))])
  const us = Object.fromEntries(points.map((point, i) => [point.name, Object.fromEntries(measured[i])]))
  return { us, nsPerByte: slope && Object.fromEntries(slope) }
}

async function remainingTable (subjects, options) {
  print(`\nMemory after ${options.requests} requests that modify 1000 bytes, KiB above that after the warm-up\n`)
  const table = new Table(['', 'heap', 'process'])
  const figures = {}
  for (const subject of subjects.filter(({ name }) => REMAINING.includes(name))) {
    for (const mode of subject.modes.filter((one) => options.isWanted(`${one} memory`))) {
      const { heap, rss } = await remaining(subject, mode, options.requests)
      table.line([`${subject.name} ${mode}`, ...[heap, rss].map((bytes) => (bytes / 1024).toFixed(0))])
      figures[`${subject.name} ${mode}`] = { heap, rss }
    }
  }
  return figures
}

/** Reports the cost of encrypted cookies. */
async function sealed (_, options) {
  print('\nEncrypted cookies, µs a request above bare Koa\n')
  const columns = SEALED_SUBJECTS.map(({ name }) => name)
  const table = new Table(['case', ...columns, 'sealed/ours', 'iron-session/sealed'])
  const figures = {}
  for (const [name, scene] of wanted(SEALED_CASES, options)) {
    const us = await costs(SEALED_SUBJECTS.filter(({ isFit }) => isFit?.(scene) ?? true), scene, options)
    const ratios = [quotient(us.get('sealed'), us.get('ours')), quotient(us.get('iron-session'), us.get('sealed'))]
    table.line([name, ...columns.map((column) => number(us.get(column))), ...ratios.map(ratio)])
    figures[name] = { us: Object.fromEntries(us), sealedByOurs: ratios[0], ironSessionBySealed: ratios[1] }
  }
  return figures
}

/** Reports the cost of the entries of compat/ beside that of the originals. */
async function compat (_, options) {
  print('\nEntries for other middleware, µs a request above bare Koa\n')
  const columns = COMPAT_SUBJECTS.map(({ name }) => name)
  const table = new Table(['case', ...columns, 'minimal/compat', 'generic/compat'])
  const figures = {}
  for (const [name, scene] of wanted(COMPAT_CASES, options)) {
    const us = await costs(COMPAT_SUBJECTS, scene, options)
    const ratios = ['minimal', 'generic'].map((original) => quotient(us.get(original), us.get(`compat/${original}`)))
    table.line([name, ...columns.map((column) => number(us.get(column))), ...ratios.map(ratio)])
    figures[name] = { us: Object.fromEntries(us), minimalByCompat: ratios[0], genericByCompat: ratios[1] }
  }
  return figures
}

/** Reports the time that packages add to an app's start. */
async function start (subjects, options) {
  print('\nStart, ms of require after Koa\'s own; KiB of native addons\n')
  const table = new Table(['', 'require', 'addons'])
  const measured = await starts(options)
  table.line(['koa', number(measured.get('ours').koa), '-'])
  for (const [name, { own, addonBytes }] of measured) {
    table.line([name, number(own), addonBytes === 0 ? '-' : (addonBytes / 1024).toFixed(0)])
  }
  return Object.fromEntries(measured)
}

/** Reports the cost of a request on a live server, if this machine can measure it. */
async function live (subjects, options) {
  const reason = reasonToSkip()
  if (reason) {
    print(`\nLive: skipped (${reason})`)
    return { skipped: reason }
  }
  const load = options.load ?? bestGenerator()
  print(`\nLive, processor time of the server above bare Koa, µs a request (requests/s kept of bare Koa's)
${load === 'wrk' ? 'wrk' : 'own load generator in Node'}, ${CONNECTIONS} connections, on the server's processor\n`)
  const servers = new Servers(load)
  try {
    await servers.start(subjects.filter(({ name }) => !options.sample || SAMPLE.subjects.includes(name)))
    return { load, cases: await liveTable(servers, options) }
  } finally {
    servers.stop()
  }
}

async function liveTable (servers, options) {
  const cases = wanted(LIVE_CASES, options).filter(([name]) => !options.sample || SAMPLE.cases.includes(name))
  const figures = {}
  for (const [name, scene] of cases) {
    figures[name] = Object.fromEntries(await servers.measure(scene, { rounds: options.liveRounds, seconds: options.seconds }))
  }
  printLive(figures)
  return figures
}

function printLive (figures) {
  const cases = Object.values(figures)
  const table = new Table(['', ...Object.keys(figures).map((name) => name.padStart(12))], 34)
  for (const name of Object.keys(cases[0] ?? {})) {
    table.line([name, ...cases.map((one) => `${number(one[name].us)} (${(one[name].kept * 100).toFixed(0)} %)`)])
  }
  table.line(['bare koa, store\'s header', ...cases.map((one) => number(bareOf(one, 'store')))])
  table.line(['bare koa, cookie\'s header', ...cases.map((one) => number(bareOf(one, 'cookie')))])
  for (const [dividend, divisor] of liveRatios()) {
    const ratios = cases.map((one) => quotient(one[dividend]?.us, one[divisor]?.us))
    if (ratios.some((value) => value !== undefined)) table.line([`${dividend} / ${divisor}`, ...ratios.map(ratio)])
  }
}

function bareOf (measured, mode) {
  return Object.entries(measured).find(([name]) => name.endsWith(mode))?.[1].bareUs
}

function liveRatios () {
  return ['ours cookie', 'ours store', 'ours+mem store'].flatMap((name) => {
    const mode = name.split(' ')[1]
    return [[`koa-session ${mode}`, name], [name, `floor ${mode}`], [name, 'minimal+mem store']]
  })
}

function wanted (cases, { isWanted }) {
  return [...cases].filter(([name]) => isWanted(name))
}

module.exports = { inprocess, heap, growth, sealed, compat, start, live }
