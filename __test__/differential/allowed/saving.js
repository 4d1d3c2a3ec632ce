'use strict'

const { request, script } = require('../by-hand')

const oneDay = 86400000
const ignore = () => {}

/** Destroys the record of a removed session, even if another session replaces it. The other session gets a new id. */
const replacing = ContextSession => class extends ContextSession {
  set (value) {
    if (value !== null && typeof value === 'object' && this.session === false) this.forget()
    super.set(value)
  }

  forget () {
    if (!this.isRemoved && this.isStored) this.doomed ??= this.externalKey
    this.externalKey = undefined
    this.isRemoved = this.isStored = false
    if (this.store) this.prevHash = undefined
  }

  async perform (how) {
    if (this.session && this.doomed !== undefined) await this.destroyDoomed()
    return super.perform(how)
  }

  async remove () {
    if (this.doomed !== undefined) {
      this.isRemoved = true
      await this.destroyDoomed()
      if (!this.isStored) this.externalKey = undefined
    }
    return super.remove()
  }

  async destroyDoomed () {
    const { doomed } = this
    this.doomed = undefined
    await this.store.destroy(doomed, { ctx: this.ctx })
    this.destroyed()
  }
}

/** Does not reset the maxAge 'session' after the first save, and passes the TTL of a day to the store. */
const ending = ContextSession => class extends ContextSession {
  endWithBrowser () {}

  timeToLive (maxAge) {
    return super.timeToLive(maxAge === 'session' ? oneDay : maxAge)
  }

  cookieOptions () {
    const options = super.cookieOptions()
    return options.maxAge === 'session' ? { ...options, maxAge: undefined } : options
  }
}

/** Does not write unchanged data twice, passes `changed` correctly, and runs commits one after another. */
const once = ContextSession => class extends ContextSession {
  /** Begins a run of the middleware: after an earlier one on the same ctx, the session is loaded, and can be written, again. */
  initFromExternal () {
    if (this.hasRun) this.isWritten = this.isRemoved = this.hasRun = false
    return super.initFromExternal()
  }

  commit (...how) {
    if (how.length === 0) this.hasRun = true
    // The middleware's own commit has no arguments. It waits for commits that run, but a later commit does not wait for it.
    if (how.length === 0 && !this.committing) return this.perform()
    const run = () => this.perform(...how)
    const committing = this.committing ? this.committing.then(run) : run()
    this.committing = committing.then(ignore, ignore)
    return committing.then(ignore)
  }

  reasonToSave (isForced) {
    // Without a hash to compare with, any key is a change. The data are serialised only after beforeSave.
    if (!isForced && !this.session._requireSave && this.prevHash === undefined) return this.session.length > 0 ? 'changed' : ''
    const reason = super.reasonToSave(isForced)
    return this.isWritten && ['rolling', 'renew'].includes(reason) ? '' : reason
  }

  destroyed () {
    super.destroyed()
    if (this.store) this.prevHash = undefined
  }

  remove () {
    return this.isRemoved ? undefined : super.remove()
  }

  async save (changed, session) {
    const { externalKey } = this
    const { _requireSave: isRequired } = session
    this.written = this.hash(session.toJSON())
    // A call of save() during this save requires another one.
    session._requireSave = false
    let isDone = false
    try {
      isDone = await super.save(!this.isStored || this.written !== this.prevHash, session) !== false
    } finally {
      session._requireSave ||= isRequired && !isDone
    }
    if (isDone && externalKey === this.externalKey) this.isWritten = true
    if (isDone && !externalKey) this.prevHash = this.written
    return isDone
  }

  async writeRecord (id, ...args) {
    const { written } = this
    await super.writeRecord(id, ...args)
    if (id === this.externalKey) this.prevHash = written
  }
}

/** Clears the cookie of a session that was replaced by an empty one. */
const dropping = ContextSession => class extends ContextSession {
  set (value) {
    if (value !== null && typeof value === 'object') this.isReset ||= !this.session
    super.set(value)
  }

  whenNotSaved () {
    if (!this.isReset || this.prevHash !== undefined) return
    this.isReset = false
    if (this.ctx.cookies.get(this.opts.key, { signed: false }) !== undefined) this.clearCookie()
  }
}

module.exports = [
  {
    fault: 12,
    what: 'a session that replaces a removed one has a new id, and the record of the removed one is destroyed',
    applies: () => true,
    mend: { context: replacing },
    example: script({ store: true, requests: [request(['set', 'a', 1]), request(['assign', null], ['assign', { b: 2 }])] }),
    shows: ["store.destroy/2 'id-1'  ctx {}", "store.set/4 'id-2' { b: 2, _expire: 1700086400002, _maxAge: 86400000 } 86410000 ctx { changed: true, rolling: false }"]
  },
  {
    fault: 13,
    what: 'maxAge \'session\' stays, and the store gets the TTL of a day',
    applies: () => true,
    mend: { context: ending },
    example: script({ store: true, options: { maxAge: 'session' }, requests: [request(['set', 'a', 1], ['save'], ['read', 'maxAge'])] }),
    shows: ["store.set/4 'id-1' { a: 1, _session: true } 86410000 ctx { changed: true, rolling: false }", "route read 'maxAge' = 'session'"]
  },
  {
    fault: 17,
    what: 'unchanged data are not written again, `changed` is always correct, and commits run one after another',
    applies: () => true,
    mend: { context: once },
    example: script({ store: true, requests: [request(['set', 'a', 1], ['save'])] }),
    shows: ["store.set/4 'id-1' { a: 1, _expire: 1700086400001, _maxAge: 86400000 } 86410000 ctx { changed: true, rolling: false }"]
  },
  {
    fault: 34,
    what: 'the cookie of an unread session that is replaced by an empty one is cleared',
    applies: () => true,
    mend: { context: dropping },
    example: script({ requests: [request(['set', 'a', 1]), request(['assign', {}]), request(['get', 'a'])] }),
    shows: ["route get 'a' = undefined"]
  }
]
