'use strict'

/** Measures the stores of a part, prints its tables line by line, and returns the figures as plain data. */

const redis = require('../../__test__/servers/redis')
const { Table, number, quotient, ratio } = require('../table')
const { figuresOf } = require('./child-process')
const { SUBJECTS, missing } = require('./subjects')

const LEVELS = [1, 64, 256]
const NAME_WIDTH = 36

const TITLES = {
  memory: 'In memory',
  sqlite: 'SQLite',
  redis: 'Redis'
}

/** Makes columns: a heading for each level, and the function that returns the figure. */
function columns (head, operation, field, levels = LEVELS) {
  return levels.map((level) => [`${head} ${level}`, (figures) => figures[operation][level][field]])
}

const costs = (operation) => [
  ...columns('/s', operation, 'rate'),
  ...columns('main', operation, 'mainUs'),
  ...columns('all', operation, 'allUs', [256]),
  ...columns('server', operation, 'serverUs', [256])
]

/** The tables of a part, by the heading of their first column. */
const TABLES = {
  lookup: [['bytes', (figures) => figures.bytes], ...costs('lookup')],
  write: costs('write'),
  'µs, delay in ms': [
    ...columns('lookup p50', 'lookup', 'p50', [64, 256]),
    ...columns('p99', 'lookup', 'p99', [64, 256]),
    ...columns('write p50', 'write', 'p50', [64, 256]),
    ...columns('p99', 'write', 'p99', [64, 256]),
    ...columns('delay p99', 'write', 'delayP99', [64, 256]),
    ...columns('max', 'write', 'delayMax', [64, 256])
  ]
}

/** Measures all stores of a part. */
async function stores (part, options) {
  const subjects = SUBJECTS.filter((subject) => subject.part === part && options.isWanted(subject.name))
  if (subjects.length === 0) return {}
  console.log(`\n${TITLES[part]}, ${options.sessions} sessions of 300 bytes`)
  if (part === 'redis' && redis.skip) {
    console.log(`skipped (${redis.skip})`)
    return { skipped: redis.skip }
  }
  const figures = {}
  for (const subject of subjects) {
    const command = missing(subject)
    if (command) console.log(`${subject.name}: skipped (${command})`)
    else figures[subject.name] = await figuresOf(subject, amounts(options))
  }
  if (Object.keys(figures).length === 0) return figures
  for (const head of Object.keys(TABLES)) print(head, part, figures)
  return figures
}

const amounts = ({ sessions, rounds, ms }) => ({ sessions, rounds, ms, levels: LEVELS })

function print (head, part, figures) {
  const shown = TABLES[head].filter(([name]) => part === 'redis' || !name.startsWith('server'))
  const [[, ours], ...others] = Object.entries(figures)
  console.log()
  const table = new Table([head, ...shown.map(([name]) => name)], NAME_WIDTH)
  for (const [name, one] of Object.entries(figures)) table.line([name, ...shown.map(([, get]) => number(get(one)))])
  for (const [name, one] of others) {
    table.line([`${name} / ours`, ...shown.map(([, get]) => ratio(quotient(get(one), get(ours))))])
  }
}

module.exports = { stores }
