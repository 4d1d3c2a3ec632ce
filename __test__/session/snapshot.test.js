'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const binding = require('../../lib/native/binding')
const { Baseline } = require('../../lib/session/baseline')
const { NONE, Snapshot } = require('../../lib/session/snapshot')
const { ODD, RandomData, containersIn, copyOf, nest } = require('./random-data')

/** The random cases: so many, from this seed on. A failure names its seed: SNAPSHOT_FROM=seed SNAPSHOT_CASES=1 repeats it. */
const CASES = Number(process.env.SNAPSHOT_CASES ?? 100_000)
const FROM = Number(process.env.SNAPSHOT_FROM ?? 1)

/** Returns the JSON of a value; undefined where JSON.stringify throws. */
function textOf (value) {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Returns the difference of two texts in the form of a snapshot's, with the values as text. */
function differenceOf (before, after) {
  const [set, deleted] = binding.difference(before, after) ?? ['', '']
  return { set, deleted: deleted === '' ? [] : JSON.parse(deleted) }
}

/** Returns the JSON of some keys; an empty text for none. */
function textOfKeys (data, keys) {
  if (keys.length === 0) return ''
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, data[key]])))
}

/**
 * Checks a snapshot's verdict by the texts: that of the data when the snapshot was taken, and that of the data now.
 *
 * @returns {boolean} whether there was a verdict
 */
function check (snapshot, before, data) {
  const difference = snapshot.difference(data)
  assert.equal(snapshot.toJson(), before)
  if (difference === undefined) return false
  const after = textOf(data)
  assert.equal(difference === NONE, before === after)
  const { set, deleted } = difference
  // A part behind the first difference may be no JSON: the commit, which serialises the data or these keys, fails.
  if (after === undefined) {
    assert.throws(() => textOfKeys(data, set))
    return true
  }
  assert.deepEqual({ set: textOfKeys(data, set), deleted }, differenceOf(before, after))
  return true
}

/** Returns whether an object has the keys of an earlier one in the same order, and others after them. */
function isInOrder (earlier, later) {
  const kept = earlier.filter((key) => later.includes(key))
  return kept.every((key, i) => later[i] === key)
}

/** Runs random cases; a failure names its seed. Returns how many of them `run` returned true for. */
function each (run, { from = FROM, cases = CASES } = {}) {
  let count = 0
  for (let seed = from; seed < from + cases; seed++) {
    try {
      if (run(new RandomData(seed), seed)) count++
    } catch (error) {
      error.message = `SNAPSHOT_FROM=${seed} SNAPSHOT_CASES=1\n${error.message}`
      throw error
    }
  }
  return count
}

const KINDS = ['plain', 'plain', 'plain', 'plain', 'reorder', 'odd']

/** Returns what the app changes: the data themselves, a copy, or an object that shares the nested values with them. */
function sessionOf (data, random) {
  const way = random.below(4)
  return way < 2 ? data : way === 2 ? copyOf(data) : { ...data }
}

describe('random data under random changes', () => {
  test('the snapshot says what the JSON says, or leaves it to the JSON', () => {
    const found = { plain: 0, reorder: 0, odd: 0 }
    each((data) => {
      const { random } = data
      const before = data.data()
      const text = JSON.stringify(before)
      const snapshot = Snapshot.of(before)
      assert.equal(JSON.stringify(snapshot.toObject()), text)
      const keys = Object.keys(before)
      const session = sessionOf(before, random)
      let worst = 'plain'
      for (let count = random.below(4); count > 0; count--) {
        const kind = random.pick(KINDS)
        data.change(session, kind)
        if (kind === 'odd' || worst === 'plain') worst = kind
      }
      const isDecided = check(snapshot, text, session)
      // The text is the slow way: it must not be that of plain data.
      if (worst === 'plain' && isInOrder(keys, Object.keys(session))) assert.ok(isDecided)
      if (isDecided) found[worst]++
    })
    // All kinds of cases occur, with and without a verdict.
    const shares = CASES >= 20_000 ? { plain: 0.5, reorder: 0.1, odd: 0.05 } : {}
    for (const [kind, share] of Object.entries(shares)) assert.ok(found[kind] > share * CASES, kind)
  })

  test('there is a snapshot of all that JSON has, and only of that', () => {
    const count = each((data) => {
      const before = data.data()
      for (let count = 1 + data.random.below(2); count > 0; count--) data.change(before, data.random.pick(['plain', 'odd', 'odd']))
      const snapshot = Snapshot.of(before)
      if (snapshot === undefined) return false
      // What JSON leaves out or converts, or the app changes afterwards, would be missed.
      assert.equal(snapshot.toJson(), JSON.stringify(before))
      assert.ok(check(snapshot, JSON.stringify(before), before))
      return true
    }, { cases: CASES / 5 })
    if (CASES >= 1000) assert.ok(count > CASES / 50 && count < CASES / 6)
  })

  test('a record is restored from its snapshot, without and with other times', () => {
    each((data) => {
      const own = data.data()
      const text = JSON.stringify(own)
      const envelope = data.random.pick([{ _expire: 2, _maxAge: 1 }, { _session: true }, {}])
      const snapshot = Snapshot.of(data.random.chance(0.5) ? { ...own, ...envelope } : { ...envelope, ...own }, true)
      assert.equal(JSON.stringify(snapshot.toObject()), text)
      assert.equal(JSON.stringify(snapshot.toRecord(1, 2)), JSON.stringify({ ...own, _expire: 2, _maxAge: 1 }))
      assert.equal(JSON.stringify(snapshot.toRecord('session', 2)), JSON.stringify({ ...own, _session: true }))
      const record = snapshot.toRecord(1, 2)
      // The store's record and the session have the same nested objects.
      const session = snapshot.toObject()
      data.change(session, 'plain')
      data.change(record, 'plain')
      check(snapshot, text, session)
    }, { cases: CASES / 5 })
  })
})

/** Places for a value in data. */
const PLACES = {
  'at the top': (value) => ({ a: 1, b: value, c: 2 }),
  'in an object': (value) => ({ a: { b: value, c: 2 } }),
  'in a list': (value) => ({ a: [1, value, 2] }),
  'deep inside': (value) => ({ a: [{ b: { c: [[value]] } }] })
}

describe('what JSON does not have', () => {
  for (const [name, make] of Object.entries(ODD)) {
    test(`${name} is left to the JSON, or written as it is`, () => {
      for (const place of Object.values(PLACES)) {
        const data = place(make())
        const text = textOf(data)
        const snapshot = Snapshot.of(data)
        if (snapshot !== undefined) assert.ok(check(snapshot, text, data))
        for (const earlier of [undefined, null, 1, 'written by toJSON', {}, [], { a: 1 }, [1], { 0: 1 }, [1, null]]) {
          const before = place(earlier)
          check(Snapshot.of(before) ?? Snapshot.of({}), textOf(Snapshot.of(before) ? before : {}), data)
        }
      }
    })
  }

  test('lists nested as deeply as JSON.stringify can write have a snapshot up to 33 levels', () => {
    for (let depth = 28; depth < 40; depth++) {
      for (const inner of [1, [], {}]) {
        const data = { a: nest(depth, inner) }
        const levels = depth + (inner === 1 ? 0 : 1)
        assert.equal(Snapshot.of(data) !== undefined, levels <= 33)
        assert.ok(check(Snapshot.of({ a: 1 }), '{"a":1}', data))
        if (levels <= 33) assert.ok(check(Snapshot.of(data), JSON.stringify(data), data))
      }
    }
  })

  test('a list has no toJSON by its prototype', (t) => {
    const data = { a: [1, 2], b: { c: [3] } }
    const snapshot = Snapshot.of(data)
    const text = JSON.stringify(data)
    Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'none', configurable: true }) // eslint-disable-line no-extend-native
    t.after(() => { delete Array.prototype.toJSON })
    const verdict = snapshot.difference(data)
    const made = Snapshot.of(data)
    delete Array.prototype.toJSON
    assert.deepEqual([verdict, made], [undefined, undefined])
    assert.ok(check(snapshot, text, data))
  })
})

test('there is no snapshot of data that have a name of the session\'s, or begin with _', () => {
  const names = ['isNew', 'length', 'populated', 'maxAge', 'externalKey', '_expire', '_requireSave', '_maxAge', '_session', '_', '_a']
  for (const data of [...names.map((name) => ({ a: 1, [name]: 1 })), JSON.parse('{"__proto__":1}')]) {
    assert.equal(Snapshot.of(data), undefined)
  }
  for (const name of ['_maxAge', '_session', '_expire']) assert.notEqual(Snapshot.of({ a: 1, [name]: 1 }, true), undefined)
  for (const name of ['__proto__', 'isNew', '_expire', 'length']) {
    assert.notEqual(Snapshot.of({ a: JSON.parse(`{"${name}":1}`) }), undefined)
  }
})

test('what is no data is left to the JSON', () => {
  const snapshot = Snapshot.of({ a: 1 })
  for (const name of ['isNew', '_a', '_']) assert.equal(snapshot.difference({ a: 1, [name]: 1 }), undefined)
  assert.equal(snapshot.difference(Object.create({ b: 1 }, Object.getOwnPropertyDescriptors({ a: 1 }))), undefined)
})

test('keys in another order are left to the JSON', () => {
  const snapshot = Snapshot.of({ a: 1, b: [1], c: 3 })
  const reordered = [{ b: [1], a: 1, c: 3 }, { a: 1, c: 3, b: [1] }, { c: 3, b: [1], a: 1 }, { a: 1, c: 3, b: [2] }, { b: [1], c: 3, a: 2 }]
  for (const data of reordered) assert.equal(snapshot.difference(data), undefined)
  // Inside, another order is a change.
  const nested = Snapshot.of({ a: { b: 1, c: 2 } })
  assert.deepEqual(nested.difference({ a: { c: 2, b: 1 } }), { set: ['a'], deleted: [] })
})

test('items are not those of a list in their place', () => {
  for (const [before, after] of [
    [[7, 1, 'x'], [['x'], undefined, undefined]],
    [[['x']], [1, 'x']],
    [[7, 0], [[], undefined]],
    [[7, 8, 3, 'x', 'y', 'z'], [['x', 'y', 'z'], undefined, undefined, undefined, undefined, undefined]],
    [[7, 8, 'k', 1], [{ k: 1 }, undefined, undefined, undefined]],
    [{ x: 7, k: 1 }, { x: { k: 1 } }],
    [{ x: { k: 1 }, y: 2 }, { x: { k: 1, y: 2 } }],
    [[{ k: 1 }, 2], [{ k: 1 }]],
    [[[1], [2]], [[1, [2]]]]
  ]) {
    for (const [one, other] of [[before, after], [after, before]]) {
      const snapshot = Snapshot.of({ a: one })
      if (snapshot === undefined) continue
      assert.notEqual(snapshot.difference({ a: other }), NONE)
      check(snapshot, JSON.stringify({ a: one }), { a: other })
    }
  }
})

test('data and records with the same keys are different objects', () => {
  for (const count of [1, 16, 17, 40, 127, 128]) {
    const make = (value) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, `${value} ${i}`]))
    const [one, other] = [make('one'), make('other')]
    const snapshots = [one, other].map((data) => Snapshot.of(data))
    const records = snapshots.map((snapshot, i) => snapshot.toRecord(i, 2))
    const copies = snapshots.map((snapshot) => snapshot.toObject())
    assert.deepEqual(records, [{ ...one, _expire: 2, _maxAge: 0 }, { ...other, _expire: 2, _maxAge: 1 }])
    assert.deepEqual(copies, [one, other])
  }
})

test('one object under two keys is changed under both', () => {
  const shared = { n: [1] }
  const data = { a: shared, b: [shared], c: 1 }
  const snapshot = Snapshot.of(data)
  const text = JSON.stringify(data)
  shared.n.push(2)
  assert.deepEqual(snapshot.difference(data), { set: ['a', 'b'], deleted: [] })
  assert.ok(check(snapshot, text, data))
  data.a = { n: [1] }
  assert.deepEqual(snapshot.difference(data), { set: ['b'], deleted: [] })
  assert.ok(check(snapshot, text, data))
})

test('a getter in the data can take snapshots and compare them meanwhile', () => {
  const others = { x: [1, { y: 2 }, [3]] }
  const other = Snapshot.of(others)
  const busy = { before: 1, after: { z: [1, 2] } }
  const withGetter = (object) => Object.defineProperty(object, 'get', {
    get () {
      assert.equal(other.difference(others), NONE)
      assert.deepEqual(other.difference({ x: [1] }), { set: ['x'], deleted: [] })
      assert.equal(Snapshot.of({ a: [busy] }).toJson(), JSON.stringify({ a: [busy] }))
      return 1
    },
    enumerable: true
  })
  const places = [
    { a: withGetter({ ...busy }), b: [1] },
    withGetter({ a: busy, b: [1] }),
    { a: [withGetter({}), [1, 2]], b: { c: withGetter({}), d: 1 } }
  ]
  for (const data of places) {
    const text = JSON.stringify(data)
    const snapshot = Snapshot.of(data)
    assert.ok(check(snapshot, text, data))
    assert.equal(snapshot.difference(data), NONE)
    assert.deepEqual(Snapshot.of(JSON.parse(text)).difference(data), NONE)
    data.b = [2]
    assert.deepEqual(snapshot.difference(data), { set: ['b'], deleted: [] })
  }
})

/** What a getter asks of a snapshot that is being compared. */
const QUESTIONS = [
  (snapshot) => snapshot.toJson(),
  (snapshot, data) => snapshot.difference(data),
  (snapshot) => snapshot.difference({ a: [] })
]

test('a getter in the data can ask a snapshot that is being compared', () => {
  for (const ask of QUESTIONS) {
    let isAsking = true
    const get = () => {
      if (isAsking) return 1
      isAsking = true
      ask(snapshot, data)
      isAsking = false
      return 1
    }
    const getter = { get, enumerable: true }
    const data = {
      a: Object.defineProperties({ x: { y: [1] } }, { get: getter, z: { value: [2, { n: 3 }], enumerable: true } }),
      b: Object.defineProperty([1, 2, 3], 1, getter),
      c: { d: [1] }
    }
    const text = JSON.stringify(data)
    const snapshot = Snapshot.of(data)
    isAsking = false
    for (let i = 0; i < 3; i++) assert.equal(snapshot.difference(data), NONE)
    assert.equal(snapshot.toJson(), text)
    data.a.z[1].n = 4
    assert.deepEqual(snapshot.difference(data), { set: ['a'], deleted: [] })
    data.a.z[1].n = 3
    data.c.d.push(undefined)
    assert.deepEqual(snapshot.difference(data), { set: ['c'], deleted: [] })
    assert.equal(snapshot.toJson(), text)
  }
})

test('a getter in the data can ask for the difference of another draft', () => {
  const baseline = Baseline.ofData(Snapshot.of({ a: { x: 1 }, b: 1 }))
  const other = { session: { a: { x: 1 }, b: 2 }, json: '{"a":{"x":1},"b":2}' }
  const seen = []
  const get = () => {
    seen.push(baseline.isChanged(other))
    return 1
  }
  const draft = { session: { a: Object.defineProperty({}, 'x', { get, enumerable: true }), b: 1 } }
  const verdicts = [draft, other, draft].map((each) => baseline.isChanged(each))
  assert.deepEqual(verdicts, [false, true, false])
  assert.ok(seen.length >= 2 && !seen.includes(false))
})

/** Runs with properties that Object.prototype does not have. */
function polluted (properties, run) {
  for (const key of Object.keys(properties)) assert.ok(!(key in Object.prototype))
  Object.assign(Object.prototype, properties)
  try {
    return run()
  } finally {
    for (const key of Object.keys(properties)) delete Object.prototype[key]
  }
}

const POLLUTIONS = {
  'a name that no data have': { polluted: 1 },
  'a name of the data': { user: [1] },
  'several names': { a: 1, b: {}, 0: 'x' }
}

describe('a polluted Object.prototype', () => {
  for (const [name, properties] of Object.entries(POLLUTIONS)) {
    test(`is no data: ${name}`, () => {
      const clean = (run) => run()
      const dirty = (run) => polluted(properties, run)
      each((data) => {
        const before = data.random.chance(0.3) ? Object.assign(Object.create(null), data.data()) : data.data()
        const text = JSON.stringify(before)
        for (const [taking, comparing] of [[dirty, clean], [clean, dirty], [dirty, dirty]]) {
          const session = copyOf(before)
          const snapshot = taking(() => Snapshot.of(before))
          if (snapshot === undefined) continue
          data.change(session, 'plain')
          comparing(() => check(snapshot, text, session))
          comparing(() => check(snapshot, text, before))
          assert.equal(snapshot.toJson(), text)
          assert.equal(JSON.stringify(snapshot.toObject()), text)
        }
      }, { cases: Math.min(CASES, 2000) })
    })
  }
})

test('data of an app that is wide, deep and changed in one place', () => {
  const data = { n: 1 }
  for (let i = 0; i < 300; i++) data[`k${i}`] = { list: Array.from({ length: 5 }, (_, j) => ({ i, j, s: `${i}-${j}` })), at: i }
  const snapshot = Snapshot.of(data)
  const text = JSON.stringify(data)
  assert.equal(snapshot.difference(JSON.parse(text)), NONE)
  for (const container of containersIn(data).filter((_, i) => i % 97 === 0)) {
    const copy = JSON.parse(text)
    const twin = containersIn(copy)[containersIn(data).indexOf(container)]
    if (Array.isArray(twin)) twin.pop()
    else twin.added = true
    assert.ok(check(snapshot, text, copy))
    assert.notEqual(snapshot.difference(copy), NONE)
  }
})
