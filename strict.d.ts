import session = require('./index.js')

/**
 * Is `koa-session-rs` with `null` in the type of `ctx.session`, which it is once a session was ended, in all of the program.
 *
 * @example
 * import session from 'koa-session-rs/strict'
 *
 * app.use(session(app))
 * app.use(ctx => {
 *   if (ctx.session === null) return
 *   ctx.session.views = 1
 * })
 */
export = session

declare module './index.js' {
  interface Strictness {
    nullable: true
  }
}
