'use strict'

const Cookies = require('cookies')
const Keygrip = require('keygrip')
const { request, script } = require('../by-hand')

const { get, set } = Cookies.prototype
const atMost = 4

// Apps whose `ctx.cookies` has been read once, so that this package knows how Koa makes it.
const learnt = new WeakSet()

function slotOf (ctx) {
  return Object.getOwnPropertySymbols(ctx).find(symbol => ctx[symbol] instanceof Cookies)
}

// Options that only `ctx.cookies` handles.
const unusual = ['name', 'value', 'toString', 'toHeader', 'maxage', 'secureProxy']

/** Reads a cookie's values by the pattern of the package `cookies`. */
function valuesOf (header, name) {
  const pattern = new RegExp(`(?:^|;) *${name.replace(/[$*+.?()[\]{}|\\^]/g, '\\$&')}=([^;]*)`, 'g')
  return [...header.matchAll(pattern)].map(([, value]) => value.startsWith('"') ? value.slice(1, -1) : value)
}

/** Divides the reading of the session's cookie into methods, for mends to override. */
const reading = ContextSession => 'candidates' in ContextSession.prototype
  ? ContextSession
  : class Reading extends ContextSession {
    reading (read) {
      this.isFresh = learnt.has(this.app) && slotOf(this.ctx) === undefined
      return this.borrow(() => super.reading(read))
    }

    sendCookie (...args) {
      this.borrow(() => super.sendCookie(...args))
    }

    clearCookie () {
      this.borrow(() => super.clearCookie())
    }

    /** Removes `ctx.cookies` again if only the session has read it. So an existing `ctx.cookies` shows that the app has read it. */
    borrow (run) {
      const { app, ctx } = this
      const isMade = slotOf(ctx) !== undefined
      try {
        return run()
      } finally {
        if (this.isStock) learnt.add(app)
        if (!isMade && slotOf(ctx)) delete ctx[slotOf(ctx)]
      }
    }

    get isStock () {
      const { ctx: { cookies, req }, opts } = this
      const isPackage = cookies.constructor === Cookies && cookies.get === get && cookies.set === set && cookies.request === req
      return isPackage && (opts.signed === false || cookies.keys?.constructor === Keygrip)
    }

    isPlain () {
      return this.isStock && this.opts.signed === true
    }

    readCookie (name) {
      return this.readOf(name, this.candidates(name, 1))
    }

    readOf (name, candidates) {
      const found = this.find(name, candidates)
      if (!found) return undefined
      if (found.index < 0) set.call(this.ctx.cookies, `${name}.sig`, null, { path: '/', signed: false })
      else if (found.index > 0) this.reissue(name, this.ctx.cookies.keys.sign(`${name}=${found.value}`))
      return found.value
    }

    /** Returns the value that verifies, and the index of its key; undefined if there is nothing to verify. */
    find (name, { values, signatures }) {
      if (values.length === 0 || signatures.length === 0) return undefined
      const { keys } = this.ctx.cookies
      return values.map(value => ({ value, index: indexOf(keys, `${name}=${value}`, signatures) })).find(({ index }) => index >= 0) ?? { index: -1 }
    }

    candidates (name, limit) {
      const header = this.ctx.req.headers.cookie ?? ''
      const signatures = valuesOf(header, `${name}.sig`)
      return { values: valuesOf(header, name).slice(0, limit), signatures: limit === 1 ? signatures.slice(0, 1).filter(Boolean) : signatures.filter(Boolean).slice(0, limit) }
    }

    reissue (name, signature) {
      set.call(this.ctx.cookies, `${name}.sig`, signature, { signed: false })
    }

    /** Returns whether the attributes are valid, and whether this package writes all of them without `ctx.cookies`. */
    isUsual () {
      const { opts } = this
      try {
        return Boolean(new Cookies.Cookie(opts.key, 'value', { ...opts, maxAge: undefined })) && !unusual.some(name => Object.hasOwn(opts, name))
      } catch {
        return false
      }
    }
  }

function indexOf (keys, text, signatures) {
  const found = signatures.map(signature => keys.index(text, signature)).filter(index => index >= 0)
  return found.length > 0 ? Math.min(...found) : -1
}

/** Replaces a signature by an older key. The new one has the attributes and the expiry of the cookie. */
const reissuing = ContextSession => class extends reading(ContextSession) {
  reissue (name, signature) {
    if (this.isUsual()) this.reissued = { name, signature }
    else super.reissue(name, signature)
  }

  async initFromExternal () {
    await super.initFromExternal()
    this.sendReissued()
  }

  initFromCookie () {
    super.initFromCookie()
    this.sendReissued()
  }

  sendReissued () {
    const { reissued, opts, session } = this
    this.reissued = undefined
    // Without a session there is no expiry, and a cookie that cannot be sent needs no signature.
    const isThere = this.store ? this.isStored : this.prevHash !== undefined
    if (!reissued || !isThere || this.obstacle?.()) return
    const date = new Date(session._expire)
    const attributes = { ...opts, signed: false, overwrite: false, maxAge: undefined, expires: date >= 0 ? date : undefined }
    set.call(this.ctx.cookies, `${reissued.name}.sig`, reissued.signature, attributes)
    this.sent()
  }
}

/** Tries each of several cookies with the same name, with each of their signatures. */
const trying = ContextSession => class extends reading(ContextSession) {
  readCookie (name) {
    const { app: { keys }, cookies } = this.ctx
    // The keys are not known if they are in a Keygrip of the app, or if `ctx.cookies` has other ones.
    const isKnown = Array.isArray(keys) && typeof cookies.secure === 'boolean' && new Keygrip(keys).sign('a') === cookies.keys.sign('a')
    if (!isKnown || !this.isUsual()) return super.readCookie(name)
    const candidates = this.candidates(name, atMost)
    return this.isFresh || this.find(name, candidates)?.index === 0 ? this.readOf(name, candidates) : super.readCookie(name)
  }
}

const jar = request().cookies
const second = { as: 'strings', values: ['newer', 'secret'] }

/** Reads the cookies of a ctx without a response, although `cookies` may set a header while it reads. */
const withoutResponse = ContextSession => class extends ContextSession {
  constructor (ctx, opts) {
    super(ctx, opts)
    if (ctx.res === undefined) ctx.res = ctx.response.res = { headersSent: false, getHeader () {}, setHeader () {}, removeHeader () {} }
  }
}

module.exports = [
  {
    fault: 25,
    what: 'a signature by an older key is replaced, with the attributes and expiry of the cookie',
    applies: () => true,
    mend: { context: reissuing },
    example: script({
      options: { maxAge: 1000, domain: 'example.com', sameSite: 'lax' },
      requests: [request(['set', 'a', 1]), { ...request(['get', 'a']), rotate: second }]
    }),
    shows: ["route get 'a' = 1"]
  },
  {
    fault: 26,
    what: 'of several cookies with the same name, each is tried until one verifies',
    applies: () => true,
    mend: { context: trying },
    example: script({
      requests: [request(['set', 'a', 1]), { ...request(['get', 'a']), cookies: { ...jar, extras: [{ text: '@KEY@=other', before: true }] } }]
    }),
    shows: ["route get 'a' = 1"]
  },
  {
    fault: 35,
    what: 'the session of a ctx without a response can be read, even with a signature by an older key or by none',
    applies: () => true,
    mend: { context: withoutResponse },
    example: script({ requests: [request(['set', 'a', 1]), { ...request(['ofRequest', 'a']), rotate: second }] }),
    shows: ["route ofRequest 'a' = [ false, 1, 1 ]"]
  }
]
