import type { Context, Middleware } from 'koa'

/** A store of koa-session-minimal. Its methods may return generators, promises or values. */
interface Store {
  get (key: string): any
  set (key: string, session: any, ttl: number): any
  destroy (key: string): any
}

/** The attributes of the cookie, as `ctx.cookies.set` takes them. It is never signed, and always overwrites. */
interface CookieAttributes {
  /**
   * Sets the lifetime of the cookie and of the record, in milliseconds. Without one, or with 0 or less, the cookie ends with the
   * browser, and the record after a day.
   *
   * @default 0
   */
  maxAge?: number | undefined
  /** @default '/' */
  path?: string | undefined
  domain?: string | undefined
  /** Sends the cookie over HTTPS alone. On a connection that is not secure, no cookie is sent, and a new session is not stored. */
  secure?: boolean | undefined
  /** @default true */
  httpOnly?: boolean | undefined
  sameSite?: string | boolean | undefined
  expires?: Date | undefined
  priority?: string | undefined
  partitioned?: boolean | undefined
}

/** The options of koa-session-minimal 4, and `concurrent`. */
interface Options {
  /**
   * Names the cookie. A record's key in the store is this name, a colon, and the session's id.
   *
   * @default 'koa:sess'
   */
  key?: string | undefined
  /** Keeps the sessions. The default keeps them in memory, for development. */
  store?: Store | undefined
  /** Sets the cookie's attributes, or returns them for each cookie that is sent. */
  cookie?: CookieAttributes | ((ctx: Context) => CookieAttributes) | undefined
  /**
   * Says what happens to a session that concurrent requests of this process write: each keeps the keys that the others have written, and
   * a session that one has destroyed stays destroyed (`'merge'`); or the last one replaces the whole record (`'overwrite'`, as in
   * koa-session-minimal).
   *
   * @default 'merge'
   */
  concurrent?: 'merge' | 'overwrite' | undefined
}

/**
 * Returns a middleware that does what that of koa-session-minimal 4 does, with the same options, cookie, store keys and records: an
 * app that comes from there changes its import alone.
 *
 * It sets `ctx.session`, a plain object, and `ctx.sessionHandler`. After the app has ended, and only if it has not thrown, a session
 * that has changed is saved, and one without keys is destroyed. What differs: docs/migrating/from-koa-session-minimal.md.
 *
 * @throws an error with the code `ERR_SESSION_OPTION` for an invalid option.
 *
 * @example
 * import session from 'koa-session-rs/compat/minimal'
 *
 * app.use(session({ key: 'SESSION_ID', cookie: { maxAge: 3600000 } }))
 * app.use((ctx) => {
 *   ctx.session.views = (ctx.session.views ?? 0) + 1
 *   ctx.body = ctx.session.views
 * })
 */
declare function session (options?: Options): Middleware

declare namespace session {
  /** Keeps records in memory until they expire, for development. */
  export class MemoryStore implements Store {
    get (key: string): any
    set (key: string, session: any, ttl?: number): void
    destroy (key: string): void
  }

  export type { CookieAttributes, Options, Store }

  /** What the middleware adds to ctx, for apps that declare it: `app.use<{}, session.MinimalContext>(...)`. */
  export interface MinimalContext {
    /** The session's data. An empty object ends the session; so does anything that is no object. */
    session: any
    sessionHandler: {
      /** Gives the session a new id; its data stay, and the record under the old id is destroyed. */
      regenerateId (): void
    }
  }
}

export = session
