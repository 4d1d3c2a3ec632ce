'use strict'

const { Readable } = require('node:stream')
const { inspect } = require('node:util')

const { toValue } = require('./values')

/** Returns the text of a value, with its prototype's name and its inherited keys. */
function portray (value) {
  if (value === null || typeof value !== 'object') return inspect(value)
  const inherited = []
  for (const key in value) if (!Object.hasOwn(value, key)) inherited.push(key)
  return [Object.keys(value).join(), jsonOf(value), ...inherited].join(' | ')
}

function jsonOf (value) {
  try {
    return JSON.stringify(value)
  } catch (err) {
    return `${err.name}`
  }
}

class Inherited {
  constructor () { this.own = 1 }
  method () {}
}
Inherited.prototype.inherited = 2

const ASSIGNED = {
  null: () => null,
  undefined: () => undefined,
  itself: (session) => session,
  copy: (session) => ({ ...session }),
  inherited: () => new Inherited(),
  array: () => ['a', { b: 1 }],
  date: () => new Date(0),
  bare: () => Object.assign(Object.create(null), { a: 1 }),
  function: () => () => {}
}

/** What apps do with the session. `it` has it: a request of Express, or a ctx of Koa. Each returns what the log shows. */
const OPERATIONS = {
  read: (it) => portray(it.session),
  flags: (it) => {
    const { session } = it
    return session && [session.isNew, session.isPopulated, session.isChanged, it.session === session].join()
  },
  set: (it, world, key, value) => { it.session[key] = toValue(value) },
  remove: (it, world, key) => { delete it.session[key] },
  nest: (it, world, key, value) => { it.session[key].nested = toValue(value) },
  clear: (it) => { for (const key of Object.keys(it.session)) delete it.session[key] },
  replace: (it, world, json) => { it.session = JSON.parse(json) },
  assign: (it, world, what) => { it.session = what in ASSIGNED ? ASSIGNED[what](it.session) : JSON.parse(what) },
  option: (it, world, name, value) => { it.sessionOptions[name] = value?.date === undefined ? value : new Date(value.date) },
  ownCookie: (it, world, line) => { it.res.setHeader('Set-Cookie', [...[it.res.getHeader('Set-Cookie') ?? []].flat(), line]) },
  wait: (it, world, ms) => { world.clock.now += ms }
}

function operate (it, world, operations) {
  for (const [name, ...args] of operations) {
    let result
    try {
      result = OPERATIONS[name](it, world, ...args)
    } catch (err) {
      // The messages of a TypeError are the engine's.
      result = err instanceof TypeError ? 'TypeError' : err.message
    }
    world.log.push(`${name} ${result}`)
  }
}

const HEAD = { 'X-Own': 'a', 'Set-Cookie': 'own=1' }

/** Sends the response by `it`: `send(body)` and `fail()` and `away()` as the framework does it, `raw()` for the response of Node. */
const OUTCOMES = {
  end: (it) => it.send('text'),
  json: (it) => it.send(jsonOf(it.session) ?? 'nothing'),
  throw: (it) => it.fail(),
  stream: (it) => it.send(Readable.from(['a', 'b'])),
  redirect: (it) => it.away(),
  early: (it) => {
    const res = it.raw()
    res.flushHeaders()
    return () => res.end()
  },
  write: (it) => {
    const res = it.raw()
    res.write('a')
    return () => res.end()
  },
  head: (it) => it.raw().writeHead(201).end(),
  headObject: (it) => it.raw().writeHead(201, HEAD).end(),
  headPairs: (it) => it.raw().writeHead(201, Object.entries(HEAD)).end(),
  headList: (it) => it.raw().writeHead(201, Object.entries(HEAD).flat()).end(),
  headMessage: (it) => it.raw().writeHead(201, 'made', { 'X-Own': 'a' }).end()
}

/** Runs the app of a script for one request. */
function run (it, world) {
  const { operations, outcome } = world.request
  const isEarly = outcome === 'early' || outcome === 'write'
  // cookie-session changes the arguments of writeHead on each response, the entry on those of a session alone.
  if (outcome.startsWith('head')) operate(it, world, [['read']])
  const last = isEarly ? Math.ceil(operations.length / 2) : operations.length
  operate(it, world, operations.slice(0, last))
  const sent = OUTCOMES[outcome](it)
  if (!isEarly) return sent
  operate(it, world, operations.slice(last))
  return sent()
}

module.exports = run
