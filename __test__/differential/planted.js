'use strict'

// Implementations that deliberately differ from koa-session in one small thing: `plant(session)` returns a session factory.

const withOptions = change => session => (first, second) => {
  if (typeof first?.use === 'function') return session(first, change({ ...second }))
  return session(change({ ...first }), second)
}

const withApp = change => session => (first, second) => {
  const app = typeof first?.use === 'function' ? first : second
  change(app)
  return session(first, second)
}

const withStore = change => withOptions(options => {
  if (options.store) options.store = change(options.store)
  return options
})

// Changes all Set-Cookie lines, whoever set them.
const withLines = change => session => (first, second) => {
  const middleware = session(first, second)
  return async (ctx, next) => {
    const { setHeader } = ctx.res
    ctx.res.setHeader = function (name, value) {
      return setHeader.call(this, name, name === 'Set-Cookie' && Array.isArray(value) ? change(value) : value)
    }
    return middleware(ctx, next)
  }
}

function delegate (store, changes) {
  return { get: (...args) => store.get(...args), set: (...args) => store.set(...args), destroy: (...args) => store.destroy(...args), ...changes(store) }
}

const isObject = value => value !== null && typeof value === 'object'

// Plain data up to a level.
function levels (value, left) {
  if (!isObject(value) || ![Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value))) return value
  if (left === 0) return null
  if (Array.isArray(value)) return value.map(inner => levels(inner, left - 1))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, levels(inner, left - 1)]))
}

// Lists of the first nested level are cut to the length that they had at first.
function shortened (value, id, lengths) {
  if (!isObject(value)) return value
  const cut = ([key, inner]) => {
    if (!Array.isArray(inner)) return [key, inner]
    const place = `${id} ${key}`
    if (!lengths.has(place)) lengths.set(place, inner.length)
    return [key, inner.slice(0, lengths.get(place))]
  }
  return Object.fromEntries(Object.entries(value).map(cut))
}

const faults = {
  'sameSite is dropped': withOptions(({ sameSite, ...options }) => options),
  'renew is off': withOptions(options => ({ ...options, renew: false })),
  'rolling is off': withOptions(options => ({ ...options, rolling: false })),
  'valid is not called': withOptions(({ valid, ...options }) => options),
  'an event is missing': withApp(app => {
    const { emit } = app
    app.emit = (name, ...args) => name === 'session:expired' || emit.call(app, name, ...args)
  }),
  'an event is emitted synchronously and twice': withApp(app => {
    const { emit } = app
    app.emit = (name, ...args) => emit.call(app, name, ...args) && (name !== 'session:missed' || emit.call(app, name, ...args))
  }),
  'the time to live is off by one': withStore(store => delegate(store, store => ({ set: (id, value, ttl, options) => store.set(id, value, ttl + 1, options) }))),
  'changed is always true': withStore(store => delegate(store, store => ({ set: (id, value, ttl, options) => store.set(id, value, ttl, { ...options, changed: true }) }))),
  'the store gets no ctx': withStore(store => delegate(store, store => ({ get: (id, maxAge, { rolling }) => store.get(id, maxAge, { rolling }) }))),
  'a store method gets one argument less': withStore(store => delegate(store, store => ({ destroy: id => store.destroy(id) }))),
  'keys come in another order': withStore(store => delegate(store, store => ({
    set: (id, { _expire, _maxAge, ...value }, ttl, options) => store.set(id, _expire ? { ...value, _maxAge, _expire } : value, ttl, options)
  }))),
  'the fourth level of data is lost': withStore(store => delegate(store, store => ({
    set: (id, value, ttl, options) => store.set(id, levels(value, 4), ttl, options)
  }))),
  'a nested list cannot become longer': withStore(store => {
    const lengths = new Map()
    return delegate(store, store => ({
      set: (id, value, ttl, options) => store.set(id, shortened(value, id, lengths), ttl, options)
    }))
  }),
  'the signature line comes first': withLines(lines => lines.length === 2 && lines[1].includes('.sig=') ? [lines[1], lines[0]] : lines),
  'attributes have capitals': withLines(lines => lines.map(line => line.replace('; httponly', '; HttpOnly'))),
  'a cookie lives a second longer': withLines(lines => lines.map(line => line.replace(/(expires=.*:\d)(\d)( GMT)/, (_, before, second, after) => before + (Number(second) ^ 1) + after))),
  'a Set-Cookie line of the app is lost': withLines(lines => lines.filter(line => !line.startsWith('theme='))),
  'the route\'s error is swallowed': session => (first, second) => {
    const middleware = session(first, second)
    return (ctx, next) => middleware(ctx, () => next().catch(() => {}))
  }
}

module.exports = { faults, nothing: session => withLines(lines => lines)(withStore(store => delegate(store, () => ({})))(session)) }
