'use strict'

const { request, script } = require('../by-hand')

// Two values that koa-session cannot tell apart: JSON.stringify({ a: value }) has the same CRC32.
const collision = ['ge6yuo', '13y7je9']

const fields = ['isNew', '_requireSave', '_expire']

/** Protects the session's own fields and prototype from data. */
const owning = Base => class Session extends Base {
  constructor (context, data, id) {
    super(context, data, id)
    Object.setPrototypeOf(this, new.target.prototype)
    // A session that is made from another session copies the fields of that one.
    if (data instanceof Base) for (const name of fields) this[name] = data[name]
    else this.isNew = !data
    for (const name of fields) Object.defineProperty(this, name, { enumerable: false })
  }

  get length () {
    return Object.keys(Session.prototype.toJSON.call(this)).length
  }

  save (callback) {
    return Session.prototype.commit.call(this, { save: true }, callback)
  }

  regenerate (callback) {
    return Session.prototype.commit.call(this, { regenerate: true }, callback)
  }

  manuallyCommit () {
    return Session.prototype.commit.call(this)
  }

  [Symbol.for('nodejs.util.inspect.custom')] () {
    return Session.prototype.toJSON.call(this)
  }
}

/** Ignores assignments to `__proto__`. */
const sealing = Base => class Session extends Base {
  get __proto__ () { return undefined }
  set __proto__ (value) {}
}

/** Prevents internal code from calling a `toJSON` that comes from data. */
const avoiding = ContextSession => class extends ContextSession {
  create (data, id) {
    super.create(data, id)
    if (this.isLoading) this.restore = hideToJson(this.session)
  }

  async initFromExternal () {
    await this.whileLoading(() => super.initFromExternal())
    this.restore?.()
  }

  initFromCookie () {
    this.whileLoading(() => super.initFromCookie())
    this.restore?.()
  }

  whileLoading (load) {
    this.restore = undefined
    this.isLoading = true
    try {
      return load()
    } finally {
      if (!this.store) this.isLoading = false
    }
  }

  set (value) {
    this.isLoading = false
    super.set(value)
  }

  _shouldSaveSession () {
    return withoutToJson(this.session, () => super._shouldSaveSession())
  }

  save (changed, session) {
    return withoutToJson(session, () => super.save(changed, session))
  }
}

/** Replaces a `toJSON` that is a key of the data by the method of Session; returns a function that restores it. */
function hideToJson (session) {
  if (!Object.hasOwn(session, 'toJSON')) return () => {}
  const { toJSON } = session
  const data = Object.getPrototypeOf(session).toJSON.call(session)
  session.toJSON = () => ({ ...data })
  return () => { session.toJSON = toJSON }
}

function withoutToJson (session, run) {
  const restore = hideToJson(session)
  try {
    return run()
  } finally {
    restore()
  }
}

/** Returns the session's current id. */
const renaming = Base => {
  const contexts = new WeakMap()
  return class Session extends Base {
    constructor (context, ...rest) {
      super(context, ...rest)
      contexts.set(this, context)
    }

    get externalKey () {
      return contexts.get(this).externalKey
    }
  }
}

/** Gives the error for a BigInt a code. */
const naming = hash => data => {
  try {
    return hash(data)
  } catch (error) {
    throw /BigInt/.test(error.message) ? Object.assign(new TypeError(), { code: 'ERR_SESSION_VALUE' }) : error
  }
}

module.exports = [
  {
    fault: 11,
    what: 'after regenerate, session.externalKey is the new id',
    applies: ({ store }) => Boolean(store),
    mend: { session: renaming },
    example: script({ store: true, requests: [request(['regenerate'], ['read', 'externalKey'])] }),
    shows: ["route read 'externalKey' = 'id-2'"]
  },
  {
    fault: 16,
    what: 'a change that keeps the CRC32 is written',
    applies: () => true,
    mend: { hash: () => data => JSON.stringify(data) },
    example: script({ store: true, requests: collision.map(value => request(['set', 'a', value])) }),
    shows: ["store.set/4 'id-1' { a: '13y7je9', _expire: 1700086400002, _maxAge: 86400000 } 86410000 ctx { changed: true, rolling: false }"]
  },
  {
    fault: 24,
    what: 'data named like a method, isNew or __proto__ do not break the session',
    applies: () => true,
    mend: { session: owning, context: avoiding },
    example: script({ store: true, requests: [request(['assign', { $: 'parsed', text: '{"__proto__":{"isAdmin":true},"a":1,"commit":2,"isNew":true}' }], ['read', 'isNew']), request(['toJSON'], ['get', 'isAdmin'])] }),
    shows: ["route read 'isNew' = false", 'route toJSON  = { a: 1, commit: 2 }', "route get 'isAdmin' = undefined"]
  },
  {
    fault: 24,
    what: 'assignments to __proto__ are ignored',
    applies: () => true,
    mend: { session: sealing },
    example: script({ store: true, requests: [request(['set', 'a', 1], ['mingle', { $: 'parsed', text: '{"__proto__":{"isAdmin":true}}' }], ['get', 'isAdmin']), request(['toJSON'], ['set', '__proto__', { isAdmin: true }], ['get', 'isAdmin'])] }),
    shows: ["route get 'isAdmin' = undefined", 'route toJSON  = { a: 1 }']
  },
  {
    fault: 31,
    what: 'a BigInt throws an error with a code',
    applies: () => true,
    mend: { hash: naming },
    example: script({ requests: [request(['set', 'x', { $: 'bigint' }])] }),
    shows: ['app error TypeError [ERR_SESSION_VALUE]']
  }
]
