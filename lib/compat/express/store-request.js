'use strict'

/**
 * A request as stores and sessions of express-session see it: its session is that of `ctx`. Node's request itself is not written to,
 * so that a middleware of Express behind Koa begins on its own.
 */
class StoreRequest {
  /** @param {object} ctx */
  constructor (ctx) {
    this.ctx = ctx
  }

  get session () { return this.ctx.session }
  set session (session) { this.ctx.session = session }
  get sessionID () { return this.ctx.sessionID }
  set sessionID (id) { this.ctx.sessionID = id }
  get sessionStore () { return this.ctx.sessionStore }
  get headers () { return this.ctx.req.headers }
  get method () { return this.ctx.req.method }
  get url () { return this.ctx.req.url }
  get originalUrl () { return this.ctx.originalUrl }
  get socket () { return this.ctx.req.socket }
  get connection () { return this.ctx.req.socket }
  get secure () { return this.ctx.secure }
}

module.exports = { StoreRequest }
