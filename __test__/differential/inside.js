'use strict'

// Changes inside of a session's data, in place. Both implementations have the same data, so a number finds the same object in each.

const isNested = value => value !== null && typeof value === 'object' && [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value))

const keysOf = value => Object.keys(value).filter(key => key[0] !== '_' && key !== 'isNew')

/** Lists the plain objects and lists in a session, each once, level by level. */
function nestedIn (session) {
  const found = new Set(keysOf(session).map(key => session[key]).filter(isNested))
  for (const each of found) {
    for (const inner of Object.values(each)) if (isNested(inner)) found.add(inner)
  }
  return [...found]
}

const contains = (value, wanted) => value === wanted || (isNested(value) && nestedIn({ value }).includes(wanted))

const pick = (list, at) => list[at % list.length]

const listOf = target => Array.isArray(target) ? target : Object.values(target).find(Array.isArray) ?? []

// What is done to the object or list `target`, by name.
const changes = {
  set: (target, at, key, value) => { target[Array.isArray(target) ? at % (target.length + 1) : key] = value },
  // An existing key.
  replace: (target, at, value) => { if (keysOf(target).length > 0) target[pick(keysOf(target), at)] = value },
  delete: (target, at) => { delete target[pick(keysOf(target), at)] },
  count: (target, at) => {
    const key = keysOf(target).filter(key => typeof target[key] === 'number')[at] ?? 'n'
    target[key] = (target[key] || 0) + 1
  },
  push: (target, ...values) => { listOf(target).push(...values) },
  unshift: (target, value) => { listOf(target).unshift(value) },
  pop: target => { listOf(target).pop() },
  shift: target => { listOf(target).shift() },
  splice: (target, at, ...values) => { listOf(target).splice(at, 1, ...values) },
  reverse: target => { listOf(target).reverse() },
  length: (target, length) => { listOf(target).length = length },
  extra: target => { listOf(target).extra = 'not in JSON' },
  // Puts a key last.
  rewrite: (target, at) => {
    const key = pick(keysOf(target), at)
    const value = target[key]
    delete target[key]
    if (key !== undefined && !Array.isArray(target)) target[key] = value
  },
  // Equal copies change nothing.
  copy: target => { for (const key of keysOf(target)) if (isNested(target[key])) target[key] = JSON.parse(JSON.stringify(target[key])) },
  same: target => { for (const key of keysOf(target)) target[key] = target[key] }, // eslint-disable-line no-self-assign
  undo: (target, at, key) => {
    if (key in target || Array.isArray(target)) return
    target[key] = at
    delete target[key]
  },
  freeze: target => { Object.freeze(target) }
}

/** Changes a nested object or list of a session in place, and returns it. `at` is its number. A session without any gets some first. */
function changeInside (session, at, name, args) {
  if (!session) return undefined
  if (nestedIn(session).length === 0) session.a = { n: 1, b: [{ c: 1 }, [2, 3]], d: {} }
  const target = pick(nestedIn(session), at)
  changes[name](target, ...args)
  return target
}

/** Puts the nested object or list number `at` also under a key of the session, or into number `into`. Makes no cycle. */
function alias (session, at, key, into) {
  if (!session) return undefined
  const nested = nestedIn(session)
  const value = pick(nested, at)
  const target = into === null ? session : pick(nested, into)
  if (value === undefined || contains(value, target)) return undefined
  target[Array.isArray(target) ? target.length : key] = value
  return target === session ? value : target
}

module.exports = { alias, changeInside }
