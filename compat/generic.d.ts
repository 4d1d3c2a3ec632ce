import type { EventEmitter } from 'node:events'
import type { Context, Middleware } from 'koa'

/** A store of koa-generic-session 2. Its methods return promises or values; its events 'disconnect' and 'connect' are followed. */
interface Store {
  get (key: string): any
  set (key: string, session: any, ttl?: number): any
  destroy (key: string): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/** A session: the user's keys, and the attributes of its cookie, which are stored with it. */
interface Session {
  /** The attributes with which the cookie is sent. Changes of the app are kept in the store. */
  cookie: Record<string, any>
  [key: string]: any
}

/** Carries the id between the server and the client, in place of the cookie. The methods are called on the ctx. */
interface SessionIdStore {
  get (this: Context): string | undefined
  set (this: Context, id: string, session: Session): void
  reset (this: Context): void
}

/** The options of koa-generic-session 2, and `concurrent`. */
interface Options {
  /**
   * Names the cookie.
   *
   * @default 'koa.sid'
   */
  key?: string | undefined
  /**
   * Begins the key of each record in the store, before the id.
   *
   * @default 'koa:sess:'
   */
  prefix?: string | undefined
  /** Keeps the sessions. The default keeps them in memory, for development. */
  store?: Store | undefined
  /**
   * Sets the TTL of a record in milliseconds, or returns it for a session. By default, it is the time until `cookie.expires`, or
   * `cookie.maxAge`.
   */
  ttl?: number | ((session: Session) => number) | undefined
  /**
   * Sets the attributes of the cookie, as `ctx.cookies.set` takes them. The store is asked only for requests below its `path`.
   *
   * @default { httpOnly: true, path: '/', overwrite: true, signed: true, maxAge: 86400000 }
   */
  cookie?: Record<string, any> | undefined
  /**
   * Saves each session and sends its cookie again on each request.
   *
   * @default false
   */
  rolling?: boolean | undefined
  /**
   * Saves new sessions without data too.
   *
   * @default false
   */
  allowEmpty?: boolean | undefined
  /**
   * Loads the session when the app reads `ctx.session`, which is a promise then.
   *
   * @default false
   */
  defer?: boolean | undefined
  /** Makes an id of so many random bytes; called on the ctx. By default, the id has 24, in URL-safe base64. */
  genSid?: ((this: Context, bytes: number) => string | Promise<string>) | undefined
  /** Handles a failure of the store. By default, it is thrown. */
  errorHandler?: ((err: Error, operation: 'get' | 'set', ctx: Context) => void) | undefined
  /** Returns whether a loaded session may be used; else a new one replaces it. A promise is awaited. */
  valid?: ((ctx: Context, session: Session) => boolean | Promise<boolean>) | undefined
  /** Is called before a session is saved. A promise is awaited. */
  beforeSave?: ((ctx: Context, session: Session) => void | Promise<void>) | undefined
  /**
   * Sets how long requests wait for a store that has emitted 'disconnect', in milliseconds.
   *
   * @default 10000
   */
  reconnectTimeout?: number | undefined
  /** Carries the id in place of the cookie. */
  sessionIdStore?: SessionIdStore | undefined
  /**
   * Says what happens to a session that concurrent requests of this process write: each keeps the keys that the others have written, and
   * a session that one has destroyed stays destroyed (`'merge'`); or the last one replaces the whole record (`'overwrite'`, as in
   * koa-generic-session).
   *
   * @default 'merge'
   */
  concurrent?: 'merge' | 'overwrite' | undefined
}

/**
 * Returns a middleware that does what that of koa-generic-session 2 does, with the same options, cookies, store keys and records: an app
 * that comes from there changes its import alone.
 *
 * It sets `ctx.session`, `ctx.sessionId`, `ctx.sessionStore`, `ctx.sessionSave`, `ctx.saveSession()` and `ctx.regenerateSession()`.
 * What differs: docs/migrating/from-koa-generic-session.md.
 *
 * @throws an error with the code `ERR_SESSION_OPTION` for an invalid option.
 *
 * @example
 * import session from 'koa-session-rs/compat/generic'
 *
 * app.keys = ['a secret']
 * app.use(session({ cookie: { maxAge: 3600000 } }))
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

  export type { Options, Session, SessionIdStore, Store }

  /** What the middleware adds to ctx, for apps that declare it: `app.use<{}, session.GenericContext>(...)`. */
  export interface GenericContext {
    /** The session, or with `defer` a promise of it. Null destroys it. */
    session: any
    /** The session's id. If it is set before the middleware runs, the cookie is not read. */
    sessionId: string
    /** The store, with the prefix and the TTL of the options. Its events are those of the store. */
    sessionStore: EventEmitter & {
      get (id: string): Promise<Session | null>
      set (id: string, session: Session): Promise<void>
      destroy (id: string): Promise<void>
    }
    /** Saves the session even if it has not changed (`true`), or never (`false`). Null decides by its changes. */
    sessionSave: boolean | null
    /** Saves the session now, if it differs from the stored one. */
    saveSession (): Promise<void>
    /** Destroys the session, and begins a new one without data, under a new id. With `defer`, resolves to it. */
    regenerateSession (): Promise<Session | void>
  }
}

export = session
