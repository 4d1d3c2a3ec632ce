'use strict'

const { request, script } = require('../by-hand')

/** Extends koa-session by the handling of requests on which no cookie can be sent. In subclasses, `obstacle()` returns the reason. */
const sending = ContextSession => 'obstacle' in ContextSession.prototype
  ? ContextSession
  : class Sending extends ContextSession {
    obstacle () {}

    /** Returns why the session or its id cannot be sent; undefined if externalKey carries the id. */
    obstacleToSession () {
      return this.store && this.opts.externalKey ? undefined : this.obstacle()
    }

    initFromCookie () {
      try {
        super.initFromCookie()
      } catch (error) {
        throw this.undecodable && this.obstacle() ? this.undecodable.error : error
      }
    }

    async perform (how = {}) {
      const obstacle = this.session && how.regenerate ? this.obstacleToSession() : undefined
      if (obstacle === 'headers-sent') throw Object.assign(new Error(), { code: 'ERR_SESSION_HEADERS_SENT' })
      // With a new id that the browser does not get, the session would be lost.
      return super.perform(obstacle ? { save: true } : how)
    }

    clearCookie () {
      if (!this.obstacle()) super.clearCookie()
    }

    async save (changed, session) {
      this.currentObstacle = this.obstacleToSession()
      if (this.currentObstacle && (!this.store || (this.currentObstacle === 'insecure' && !this.isStored))) return false
      return super.save(changed, session)
    }

    sendCookie (key, value) {
      if (!this.currentObstacle && !this.obstacle()) super.sendCookie(key, value)
    }
  }

const securing = ContextSession => class extends sending(ContextSession) {
  obstacle () {
    return super.obstacle() ?? (this.opts.secure === true && this.ctx.cookies.secure === false ? 'insecure' : undefined)
  }
}

const respecting = ContextSession => class extends sending(ContextSession) {
  obstacle () {
    return this.ctx.res.headersSent ? 'headers-sent' : super.obstacle()
  }
}

module.exports = [
  {
    fault: 1,
    what: 'a secure cookie that cannot be sent is omitted, and a new session is not saved',
    applies: () => true,
    mend: { context: securing },
    example: script({ store: true, options: { secure: true }, requests: [request(['set', 'a', 1])] }),
    shows: ["route set 'a' 1 = undefined"]
  },
  {
    fault: 2,
    what: 'the store is written even if the headers have been sent',
    applies: () => true,
    mend: { context: respecting },
    example: script({ store: true, requests: [{ ...request(['set', 'a', 1]), outcome: 'raw' }] }),
    shows: ["store.set/4 'id-1' { a: 1, _expire: 1700086400001, _maxAge: 86400000 } 86410000 ctx { changed: true, rolling: false }"]
  }
]
