'use strict'

/**
 * Draws session data from a seed, and changes them in place: by values that JSON has, and by those that it leaves out, converts or
 * refuses.
 */

const Random = require('../differential/random')

/** Keys. Only one has an escape in JSON: the JSON.parse of Node 24 and 26 confuses such keys. */
const NAMES = [
  'a', 'b', 'c', 'd', 'user', 'items', 'id', 'é', '', '0', '1', '7', '10', '4294967294', '4294967295', '-1', '01', '1e3', 'toJSON',
  'constructor', 'prototype', 'hasOwnProperty', 'valueOf', '\ud800', '\u2028'
]

/** Keys of nested objects. The first one would be a prototype if it were assigned. */
const NESTED_NAMES = ['__proto__', '_x', 'isNew', 'length', 'maxAge', '_expire', ...NAMES]

const NUMBERS = [0, -0, 1, -1, 2, 1.5, -0.1, 1e21, -1e21, 5e-324, 1e-7, 2 ** 31, 2 ** 53, 1.7976931348623157e308]

const TEXTS = ['', 'a', 'b', 'ab', 'é', '日本', '😀', '\ud800', '\udc00x', '\u2028', '"', '\\', '\u0000', '0', 'null', 'x'.repeat(40)]

class Instance {
  constructor () { this.a = 1 }
}

class List extends Array {}

const noop = () => {}

/** Values that JSON does not have: each is left out, converted, or refused. */
const ODD = {
  undefined: () => undefined,
  NaN: () => NaN,
  Infinity: () => -Infinity,
  function: () => noop,
  symbol: () => Symbol('s'),
  BigInt: () => 1n,
  Date: () => new Date(0),
  'an invalid Date': () => new Date(NaN),
  RegExp: () => /x/,
  Map: () => new Map([['a', 1]]),
  Set: () => new Set([1]),
  Error: () => new Error('x'),
  Buffer: () => Buffer.from('x'),
  'a typed array': () => new Uint8Array(2),
  'a boxed number': () => Object(1),
  'a boxed text': () => Object('a'),
  'a boxed boolean': () => Object(false),
  'an instance': () => new Instance(),
  'an instance without keys': () => new (class {})(),
  'a list of a subclass': () => List.from([1, 2]),
  'a list with a null prototype': () => Object.setPrototypeOf([1], null),
  'a list with the prototype of objects': () => Object.setPrototypeOf([1], Object.prototype),
  'an object with the prototype of lists': () => Object.setPrototypeOf({ a: 1 }, Array.prototype),
  'an object without a prototype': () => Object.assign(Object.create(null), { a: 1 }),
  'an object that inherits': () => Object.create({ a: 1 }),
  'an object with toJSON': () => ({ a: 1, toJSON: () => 'written by toJSON' }),
  'an object with toJSON that is not enumerable': () => hidden({ a: 1 }, 'toJSON', () => 'written by toJSON'),
  'a list with toJSON': () => Object.assign([1], { toJSON: () => 'written by toJSON' }),
  'an object whose toJSON fails': () => ({ toJSON () { throw new Error('toJSON failed') } }),
  'a getter': () => Object.defineProperty({}, 'a', { get: () => 1, enumerable: true, configurable: true }),
  'a getter of undefined': () => Object.defineProperty({}, 'a', { get: noop, enumerable: true, configurable: true }),
  'a list with a getter': () => Object.defineProperty([1], 0, { get: () => 2, enumerable: true, configurable: true }),
  'a list with a hole': () => Object.assign([1, 2, 3], { length: 5 }),
  'a list with a hole first': () => Object.assign([], { 1: 1 }),
  'a Proxy of an object': () => new Proxy({ a: 1 }, {}),
  'a Proxy of a list': () => new Proxy([1], {}),
  arguments: () => (function () { return arguments })(1, 2),
  'a cycle': () => {
    const cycle = { a: 1 }
    cycle.b = [cycle]
    return cycle
  },
  'lists too deep': () => nest(34, [])
}

const ODD_MAKERS = Object.values(ODD)

/** Wraps a value in lists. */
function nest (depth, value) {
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

function hidden (object, key, value) {
  return Object.defineProperty(object, key, { value, enumerable: false, configurable: true, writable: true })
}

/** Sets an own property, also one called `__proto__`. Does nothing if that is impossible. */
function put (object, key, value) {
  if (key !== '__proto__' || Object.hasOwn(object, key)) Reflect.set(object, key, value)
  else Reflect.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

const isObject = (value) => typeof value === 'object' && value !== null

/** Returns whether a value is an object or list as data have them, whose keys can be changed. */
function isContainer (value) {
  if (!isObject(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return Array.isArray(value) ? prototype === Array.prototype : prototype === Object.prototype || prototype === null
}

/** Returns a copy of plain data. */
function copyOf (value) {
  if (!isObject(value)) return value
  if (Array.isArray(value)) return Array.from(value, copyOf)
  const copy = {}
  for (const key of Object.keys(value)) put(copy, key, copyOf(value[key]))
  return copy
}

/** Lists the objects and lists in a value, itself included, each once. */
function containersIn (root) {
  const found = new Set([root])
  for (const each of found) {
    for (const key of Object.keys(each)) {
      const inner = each[key]
      if (isContainer(inner)) found.add(inner)
    }
  }
  return [...found]
}

/** Draws data and changes from a seed. */
class RandomData {
  /** How many more objects, lists and values the data may get. */
  #left = 0

  /** @param {number} seed */
  constructor (seed) {
    this.random = new Random(seed)
    // The first numbers of near seeds are alike.
    for (let i = 0; i < 3; i++) this.random.next()
  }

  /** Draws an object of up to `size` values, nested up to 5 levels deep. Its own keys can be those of a session. */
  data (size = 4 + this.random.below(14)) {
    this.#left = size
    const { random } = this
    const data = {}
    // Some objects are beyond the limits up to which a snapshot makes objects with room for all keys.
    if (random.chance(0.02)) {
      const count = random.pick([15, 16, 17, 40, 126, 127, 128, 140])
      for (let i = 0; i < count; i++) data[`k${random.below(300)}`] = i
    }
    for (let count = random.below(6); count > 0; count--) data[random.pick(NAMES)] = this.#value(5)
    return data
  }

  /** Draws a plain value. */
  value () {
    this.#left = 6
    return this.#value(this.random.below(4))
  }

  #value (depth) {
    const { random } = this
    const kind = random.below(this.#left-- > 0 && depth > 0 ? 10 : 5)
    if (kind < 2) return random.pick(TEXTS)
    if (kind === 2) return random.pick(NUMBERS)
    if (kind === 3) return random.below(100)
    if (kind === 4) return random.pick([true, false, null])
    return kind < 7 ? this.#list(depth) : this.#object(depth)
  }

  #list (depth) {
    const list = []
    for (let count = this.random.below(4); count > 0; count--) list.push(this.#value(depth - 1))
    return list
  }

  #object (depth) {
    const object = {}
    for (let count = this.random.below(4); count > 0; count--) put(object, this.random.pick(NESTED_NAMES), this.#value(depth - 1))
    return object
  }

  /** Draws a value that JSON does not have. */
  odd () {
    return this.random.pick(ODD_MAKERS)()
  }

  /**
   * Changes data in place, at the top or deep inside.
   *
   * @param {object} root
   * @param {'plain'|'reorder'|'odd'} kind plain: the data stay plain, and keys in their order; reorder: keys come in another order;
   * odd: something that JSON does not have is added
   */
  change (root, kind) {
    const { random } = this
    const found = containersIn(root)
    // As often at the top as inside.
    const target = random.chance(0.4) ? root : random.pick(found)
    const changes = Array.isArray(target) ? LIST_CHANGES[kind] : OBJECT_CHANGES[kind]
    random.pick(changes)(target, this, found, root)
  }

  /** Draws a key of an object, mostly one that it has. */
  key (object, isTop) {
    const own = Object.keys(object)
    if (own.length > 0 && this.random.chance(0.7)) return this.random.pick(own)
    return this.random.pick(isTop ? NAMES : NESTED_NAMES)
  }

  /** Draws an object or list of `found` that does not contain `target`: to have it twice makes no cycle. */
  alias (target, found) {
    const others = found.filter((each) => !containersIn(each).includes(target))
    return others.length > 0 ? this.random.pick(others) : this.value()
  }
}

/** Adds a key, or replaces its value. */
function set (object, data, found, root) {
  put(object, data.key(object, object === root), data.value())
}

function replaceByCopy (object) {
  for (const key of Object.keys(object)) put(object, key, copyIfPlain(object[key]))
}

/** Copies a value, unless that would change what JSON.stringify writes. */
function copyIfPlain (value) {
  const isPlain = isContainer(value) && containersIn(value).every(isCopied) && !hasCycle(value)
  return isPlain ? copyOf(value) : value
}

/** Returns whether a copy of an object or list has all that it has. */
function isCopied (each) {
  if (Array.isArray(each)) return Object.keys(each).length === each.length
  const properties = Object.values(Object.getOwnPropertyDescriptors(each))
  return Object.getPrototypeOf(each) === Object.prototype && properties.every((property) => 'value' in property)
}

function hasCycle (value, above = []) {
  if (!isObject(value)) return false
  if (above.includes(value)) return true
  return Object.keys(value).some((key) => hasCycle(value[key], [...above, value]))
}

const OBJECT_CHANGES = {
  plain: [
    set,
    set,
    set,
    (object, data, found, root) => put(object, data.key(object, object === root), data.alias(object, found)),
    (object, { random }) => { Reflect.deleteProperty(object, random.pick(Object.keys(object)) ?? 'a') },
    (object, { random }) => {
      for (const key of Object.keys(object)) if (random.chance(0.6)) Reflect.deleteProperty(object, key)
    },
    replaceByCopy,
    (object) => { for (const key of Object.keys(object)) put(object, key, object[key]) },
    (object) => { for (const key of Object.keys(object)) if (object[key] === 0) put(object, key, Object.is(object[key], 0) ? -0 : 0) },
    (object) => Object.freeze(object),
    (object) => Reflect.defineProperty(object, 'hidden', { value: 1, enumerable: false, configurable: true }),
    (object) => Reflect.set(object, Symbol('s'), 1)
  ],
  reorder: [
    (object, { random }) => {
      const key = random.pick(Object.keys(object))
      const value = object[key]
      if (key !== undefined && Reflect.deleteProperty(object, key)) put(object, key, value)
    },
    (object) => {
      const entries = Object.entries(object)
      if (Object.isFrozen(object)) return
      for (const [key] of entries) Reflect.deleteProperty(object, key)
      for (const [key, value] of entries.reverse()) put(object, key, value)
    },
    (object, data) => {
      if (Object.isExtensible(object)) put(object, String(data.random.below(3)), data.value())
    }
  ],
  odd: [
    (object, data, found, root) => put(object, data.key(object, object === root), data.odd()),
    (object, data, found, root) => put(object, data.key(object, object === root), data.odd()),
    (object, data, found, root) => {
      const value = data.value()
      const get = () => value
      Reflect.defineProperty(object, data.key(object, object === root), { get, enumerable: true, configurable: true })
    },
    (object, data, found, root) => put(object, data.key(object, object === root), root),
    (object, { random }, found, root) => {
      if (object !== root) Reflect.setPrototypeOf(object, random.pick([null, Array.prototype, {}, Instance.prototype]))
    }
  ]
}

/** Ignores that a list refuses a change by an exception: a frozen one, or one with a getter. */
const tried = (change) => (list, ...others) => {
  try {
    change(list, ...others)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
}

const LIST_CHANGES = {
  plain: [
    (list, data) => { if (list.length > 0) Reflect.set(list, data.random.below(list.length), data.value()) },
    (list, data, found) => { if (list.length > 0) Reflect.set(list, data.random.below(list.length), data.alias(list, found)) },
    tried((list, data) => list.push(data.value())),
    tried((list, data) => list.unshift(data.value())),
    tried((list) => list.pop()),
    tried((list) => list.shift()),
    tried((list, { random }) => { list.length = random.below(list.length + 1) }),
    tried((list, data) => list.splice(data.random.below(list.length + 1), 1, data.value())),
    tried((list) => list.reverse()),
    replaceByCopy,
    (list) => Object.freeze(list),
    (list) => Reflect.set(list, 'extra', 1),
    (list) => Reflect.set(list, '-1', noop),
    (list) => Reflect.set(list, Symbol('s'), 1)
  ],
  reorder: [
    tried((list) => list.reverse())
  ],
  odd: [
    (list, data) => { if (list.length > 0) Reflect.set(list, data.random.below(list.length), data.odd()) },
    tried((list, data) => list.push(data.odd())),
    tried((list) => { list.length++ }),
    (list, data) => Reflect.deleteProperty(list, data.random.below(list.length + 1)),
    (list, data) => Reflect.setPrototypeOf(list, data.random.pick([null, Object.prototype, List.prototype])),
    (list, data, found, root) => { if (list.length > 0) Reflect.set(list, 0, root) }
  ]
}

module.exports = { ODD, RandomData, containersIn, copyOf, nest }
