'use strict'

/** The cost of stores in a Koa app, end to end. */

const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const redis = require('../../__test__/servers/redis')
const { isInstalled } = require('../processor')
const { median } = require('../stopwatch')
const { Table, number, quotient, ratio } = require('../table')
const { CONNECTIONS, HttpProcess } = require('./http-process')
const { HTTP_SUBJECTS } = require('./http-subjects')

const BARE = 'bare'
const ACTIONS = ['read', 'modify']
const NAME_WIDTH = 42

/** Returns why this machine cannot measure it; undefined if it can. */
function reasonToSkip () {
  if (process.platform !== 'linux') return 'Linux only: processor time is read from /proc'
  if (!isInstalled('wrk')) return 'wrk is not installed'
  return redis.skip || undefined
}

/** Measures the apps, prints their tables, and returns the figures by action and name. */
async function http (options) {
  console.log(`\nhttp, wrk, ${CONNECTIONS} connections, sessions of 1000 bytes in Redis`)
  const reason = reasonToSkip()
  if (reason) {
    console.log(`skipped (${reason})`)
    return { skipped: reason }
  }
  const server = await redis.start()
  const folder = mkdtempSync(join(tmpdir(), 'bench-http-'))
  const processes = new Map()
  try {
    await startAll(processes, { server, folder, isWanted: options.isWanted })
    const figures = {}
    for (const action of ACTIONS) {
      figures[action] = await measure(processes, action, options, server.pid)
      print(action, figures[action])
    }
    return figures
  } finally {
    await Promise.all([...processes.values()].map((each) => each.stop()))
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}

async function startAll (processes, { server, folder, isWanted }) {
  const names = HTTP_SUBJECTS.map(({ name }) => name).filter(isWanted)
  let lines = []
  for (const name of [...names, BARE]) {
    const started = await HttpProcess.start(name, server.url, join(folder, `cookies-${processes.size}`))
    processes.set(name, started)
    if (name === BARE) started.imitate(lines)
    else lines = await started.fill()
  }
}

async function measure (processes, action, { httpRounds, seconds }, redisPid) {
  const samples = new Map([...processes.keys()].map((name) => [name, []]))
  // The first round warms up.
  for (let round = -1; round < httpRounds; round++) {
    for (const [name, each] of processes) {
      const sample = await each.load(action, round < 0 ? 1 : seconds, redisPid)
      if (round >= 0) samples.get(name).push(sample)
    }
  }
  return Object.fromEntries([...samples].map(([name, taken]) => [name, middle(taken)]))
}

function middle (taken) {
  return Object.fromEntries(Object.keys(taken[0]).map((field) => [field, median(taken.map((one) => one[field]))]))
}

function print (action, figures) {
  console.log()
  const table = new Table([action, 'requests/s', 'p99 ms', 'main', 'above bare', 'all', 'above bare', 'server'], NAME_WIDTH)
  const bare = figures[BARE]
  const above = ({ rate, p99, mainUs, allUs, serverUs }) =>
    [rate, p99, mainUs, mainUs - bare.mainUs, allUs, allUs - bare.allUs, serverUs]
  const entries = Object.entries(figures).filter(([name]) => name !== BARE)
  table.line([BARE, ...above(bare).map(number)])
  for (const [name, one] of entries) table.line([name, ...above(one).map(number)])
  const [[, ours], ...others] = entries
  for (const [name, one] of others) {
    table.line([`${name} / ours`, ...above(one).map((figure, i) => ratio(quotient(figure, above(ours)[i])))])
  }
}

module.exports = { http, reasonToSkip }
