'use strict'

/**
 * The sessions of the benchmark: what apps keep (a login, a cart, tokens), and data that grow to any size. Each shape has data, a
 * text that the action "read" reads, and a change that the action "modify" makes.
 */

/** The two values of a counter that "modify" changes; both have the same length. */
const COUNTS = [1000, 1001]

const USER = '5f0c6f2a9c1d4b0017e3a2b1'

/** Returns the other one of two values. */
const other = (value, [first, second]) => value === first ? second : first

/** Returns a text of a given length, which depends on the seed. */
function text (seed, length) {
  return Array.from({ length }, (_, i) => ((seed * 7 + i * 11) % 36).toString(36)).join('')
}

/** Returns the item of a cart. */
const item = (i) => ({ sku: `A-${10001 + i * 37}`, qty: 1 + i % 3, price: 9.95 + i * 2.5, name: `Item ${text(i, 14)}` })

const items = (count) => Array.from({ length: count }, (_, i) => item(i))

const TOKENS = [text(1, 850), text(2, 850)]

/** The sessions of apps, by name: `data` makes the session, `read` returns one text of it, and `modify` changes it, or changes it back. */
const REAL = {
  passport: {
    data: () => ({ passport: { user: USER } }),
    read: ({ passport }) => passport?.user,
    modify ({ passport }) { passport.user = other(passport.user, [USER, USER.replace(/1$/, '2')]) }
  },
  login: {
    data: () => ({
      passport: { user: USER },
      flash: { info: ['Welcome back'], error: [] },
      returnTo: '/orders?page=2',
      csrfSecret: text(3, 18),
      views: COUNTS[0]
    }),
    read: ({ passport }) => passport?.user,
    modify (session) { session.views = other(session.views, COUNTS) }
  },
  cart: {
    data: () => ({ items: items(12) }),
    read: ({ items }) => items?.[0].name,
    modify ({ items }) { items[5].qty = other(items[5].qty, [item(5).qty, 9]) }
  },
  oidc: {
    data: () => ({
      user: { sub: USER, name: 'Ada Lovelace', email: 'ada@example.com', roles: ['admin', 'editor', 'billing'], verified: true },
      tokens: { access: TOKENS[0], id: text(4, 900), expires: 1767225600, scope: 'openid profile email' }
    }),
    read: ({ user }) => user?.sub,
    // As when an access token is refreshed.
    modify ({ tokens }) { tokens.access = other(tokens.access, TOKENS) }
  },
  four: {
    data: () => ({ n: COUNTS[0], user: USER, lang: 'en', dark: true }),
    read: ({ user }) => user,
    modify: count
  }
}

/** Shapes of any size, as `flat-1000`: 1000 bytes of JSON. */
const SIZED = {
  /** Many short keys, about 30 bytes each. */
  flat: { data: flat, read: ({ k0000 }) => k0000, modify: count },
  /** Objects in an array. */
  nested: { data: nested, read: ({ user }) => user?.id, modify ({ items }) { items[0].qty = other(items[0].qty, [item(0).qty, 9]) } },
  /** One long text. */
  token: { data: (bytes) => filled({ n: COUNTS[0], user: { id: USER } }, bytes), read: ({ user }) => user?.id, modify: count }
}

function count (session) {
  session.n = other(session.n, COUNTS)
}

const FULL_ENTRY = 30
const EMPTY_ENTRY = ',"k0000":""'.length

function flat (bytes) {
  const data = { n: COUNTS[0] }
  let left = bytes - lengthOf(data)
  for (let i = 0; left > 0; i++) {
    const size = left < FULL_ENTRY + EMPTY_ENTRY ? left : FULL_ENTRY
    data[`k${String(i).padStart(4, '0')}`] = text(i, size - EMPTY_ENTRY)
    left -= size
  }
  return data
}

function nested (bytes) {
  const data = { user: { id: USER }, items: [] }
  for (let i = 0; i === 0 || lengthOf(data) + lengthOf(item(i)) + EMPTY_ENTRY < bytes; i++) data.items.push(item(i))
  return filled(data, bytes)
}

/** Adds a text that makes data as long as wanted. */
function filled (data, bytes) {
  return { ...data, token: text(5, Math.max(0, bytes - lengthOf({ ...data, token: '' }))) }
}

/** Returns the length of data as JSON, all of which is ASCII here. */
const lengthOf = (data) => JSON.stringify(data).length

class Shape {
  #make
  /** The number of bytes in which the shape differs from others of its kind; undefined for a session of an app. */
  #bytes

  constructor (name, { data, read, modify }, bytes) {
    this.name = name
    this.read = read
    this.modify = modify
    this.#make = data
    this.#bytes = bytes
    /** A text as long as the one that is read: the answer of an app that does not use the session. */
    this.sameLength = read(this.data()).replace(/./g, '-')
  }

  /** Makes the data. */
  data () { return this.#make(this.#bytes) }

  /** Makes the data as they are after a change. */
  changed () {
    const data = this.data()
    this.modify(data)
    return data
  }
}

const shapes = new Map(Object.entries(REAL).map(([name, real]) => [name, new Shape(name, real)]))

/**
 * Returns a shape.
 *
 * @param {string} name of an app's session, or a kind and its bytes, as `flat-1000`
 * @throws {RangeError} for another name
 */
function shape (name) {
  if (!shapes.has(name)) {
    const [kind, bytes] = name.split('-')
    if (!Object.hasOwn(SIZED, kind) || !(Number(bytes) > 0)) throw new RangeError(`no such shape: ${name}`)
    shapes.set(name, new Shape(name, SIZED[kind], Number(bytes)))
  }
  return shapes.get(name)
}

module.exports = { COUNTS, KINDS: Object.keys(SIZED), NAMES: Object.keys(REAL), shape }
