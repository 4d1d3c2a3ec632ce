'use strict'

const { parseArgs } = require('node:util')

const PARTS = ['memory', 'sqlite', 'redis', 'crowd', 'http']

/** The default amounts. */
const FULL = { sessions: 1_000_000, rounds: 3, ms: 1000, httpRounds: 5, seconds: 3 }
const QUICK = { sessions: 20_000, rounds: 1, ms: 200, httpRounds: 1, seconds: 1 }

const ARGUMENTS = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  stores: { type: 'string' },
  sessions: { type: 'string' },
  rounds: { type: 'string' },
  ms: { type: 'string' },
  seconds: { type: 'string' },
  json: { type: 'string' },
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
  return {
    help: values.help ?? false,
    json: values.json,
    parts: chosen(values.only),
    isWanted: filter(values.stores),
    sessions: whole(values, 'sessions') ?? amounts.sessions,
    rounds: rounds ?? amounts.rounds,
    httpRounds: rounds ?? amounts.httpRounds,
    ms: whole(values, 'ms') ?? amounts.ms,
    seconds: whole(values, 'seconds') ?? amounts.seconds
  }
}

function whole (values, name) {
  if (values[name] === undefined) return undefined
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name}: a whole number above 0 is needed`)
  return number
}

function chosen (list) {
  if (list === undefined) return PARTS
  const wanted = list.split(',')
  const unknown = wanted.find((one) => !PARTS.includes(one))
  if (unknown !== undefined) throw new RangeError(`--only: ${unknown} is none of ${PARTS.join(', ')}`)
  return PARTS.filter((one) => wanted.includes(one))
}

function filter (list) {
  if (list === undefined) return () => true
  const parts = list.split(',').map((part) => part.toLowerCase())
  return (name) => parts.some((part) => name.toLowerCase().includes(part))
}

module.exports = { options }
