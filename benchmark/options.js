'use strict'

const { parseArgs } = require('node:util')
const { GENERATORS } = require('./generator')
const { PANELS } = require('./plot')
const { SUBJECTS } = require('./subjects')

const PARTS = ['inprocess', 'heap', 'growth', 'sealed', 'compat', 'start', 'live']

/** The default amounts. `requests` is the number of requests over which the growth of memory is measured. */
const FULL = { rounds: 15, batchMs: 20, liveRounds: 5, seconds: 1, requests: 100_000, sample: false }
const QUICK = { rounds: 5, batchMs: 5, liveRounds: 1, seconds: 1, requests: 5_000, sample: true }

const ARGUMENTS = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  cases: { type: 'string' },
  subjects: { type: 'string' },
  rounds: { type: 'string' },
  'batch-ms': { type: 'string' },
  seconds: { type: 'string' },
  requests: { type: 'string' },
  load: { type: 'string' },
  json: { type: 'string' },
  svg: { type: 'string' },
  record: { type: 'string' },
  help: { type: 'boolean' }
}

/**
 * Reads the command line.
 *
 * @param {string[]} args
 * @returns {object} what to measure, and how often
 */
function options (args) {
  const { values } = parseArgs({ args, options: ARGUMENTS })
  const amounts = values.quick ? QUICK : FULL
  const rounds = whole(values, 'rounds')
  const parts = chosen(PARTS, values.only, 'only')
  const isWanted = caseFilter(values.cases)
  if (values.svg !== undefined && !(parts.includes('growth') && [...PANELS.keys()].every(isWanted))) {
    throw new RangeError('--svg: growth with session bytes has to be measured for it')
  }
  return {
    help: values.help ?? false,
    json: values.json,
    svg: values.svg,
    record: values.record,
    parts,
    subjects: chosen(SUBJECTS.map(({ name }) => name), values.subjects, 'subjects'),
    isWanted,
    load: values.load === undefined ? undefined : chosen(Object.keys(GENERATORS), values.load, 'load')[0],
    // --quick measures only a sample of the live and heap cases, unless --cases names them.
    sample: amounts.sample && values.cases === undefined,
    rounds: rounds ?? amounts.rounds,
    liveRounds: rounds ?? amounts.liveRounds,
    batchMs: whole(values, 'batch-ms') ?? amounts.batchMs,
    seconds: whole(values, 'seconds') ?? amounts.seconds,
    requests: whole(values, 'requests') ?? amounts.requests
  }
}

function whole (values, name) {
  if (values[name] === undefined) return undefined
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name}: a whole number above 0 is needed`)
  return number
}

function chosen (all, list, name) {
  if (list === undefined) return all
  const wanted = list.split(',')
  const unknown = wanted.find((one) => !all.includes(one))
  if (unknown !== undefined) throw new RangeError(`--${name}: ${unknown} is none of ${all.join(', ')}`)
  return all.filter((one) => wanted.includes(one))
}

function caseFilter (list) {
  if (list === undefined) return () => true
  const parts = list.split(',')
  return (name) => parts.some((part) => name.includes(part))
}

module.exports = { options, PARTS }
