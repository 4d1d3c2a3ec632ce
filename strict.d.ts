import session = require('./index.js')

/**
 * The module `koa-session-rs`, with `null` in the type of `ctx.session`: its value after a session was ended. Importing it changes
 * the type in the whole program.
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
