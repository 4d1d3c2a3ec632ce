import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { KeyObject } from 'node:crypto'
import type { DefaultState, Middleware } from 'koa'

/**
 * Makes a middleware for Koa that shares the cookie and the store of express-session 1.19, so that an app can move from Express to Koa
 * route by route: a user who has logged in on one side is logged in on the other.
 *
 * `ctx.session` is what `req.session` is there, with the same keys and methods; so are `ctx.sessionID` and `ctx.sessionStore`. The
 * options, the cookie, and the calls of the store are those of express-session.
 *
 * The session is saved when the middleware behind has ended, also by an error, and before the response is sent. The cookie is set when
 * the headers are sent. Where the store fails, the middleware rejects.
 *
 * @throws an error with the code `ERR_SESSION_OPTION` for an invalid option.
 *
 * @example
 * import session from 'koa-session-rs/compat/express-session'
 *
 * app.use(session({ secret: 'the secret of the Express app', resave: false, saveUninitialized: false }))
 * app.use(async (ctx) => {
 *   ctx.session.views = (ctx.session.views ?? 0) + 1
 *   ctx.body = `views: ${ctx.session.views}`
 * })
 */
declare function session (options: session.SessionOptions): Middleware<DefaultState, session.SessionContext>

declare namespace session {
  /** A secret that signs the cookie: as `cookie-signature` takes it. */
  type Secret = string | NodeJS.ArrayBufferView | KeyObject

  interface SessionOptions {
    /**
     * Signs the cookie: the secret of the Express app. Of a list, the first one signs, and all of them verify; it may be changed in place.
     */
    secret: Secret | Secret[]

    /** Names the cookie. `key` is its old name. @default 'connect.sid' */
    name?: string | undefined
    key?: string | undefined

    /**
     * Keeps the sessions: any store of express-session, or an object with its methods. Give it the same place, and the same prefix, as
     * the store of the Express app. @default a new `MemoryStore`, for development
     */
    store?: SessionStore | undefined

    /** Returns a new id; `req` is `ctx.req`, the request of Node. @default 24 random bytes in base64url */
    genid?: ((req: IncomingMessage) => string) | undefined

    /** Saves sessions that have not changed. @default true, with a warning */
    resave?: boolean | undefined

    /** Saves new sessions to which nothing was added. @default true, with a warning */
    saveUninitialized?: boolean | undefined

    /** Sets the cookie in each response. @default false */
    rolling?: boolean | undefined

    /** Says what `ctx.session = null` and `delete ctx.session` do to the record. @default 'keep' */
    unset?: 'destroy' | 'keep' | undefined

    /**
     * Says whether `X-Forwarded-Proto` is trusted for secure cookies. @default undefined: as `app.proxy` says, which takes the place of
     * Express's `trust proxy`
     */
    proxy?: boolean | undefined

    /** The attributes of the cookie, or a function of `ctx.req` that returns them. */
    cookie?: CookieOptions | ((req: IncomingMessage) => CookieOptions) | undefined

    /**
     * Says what concurrent requests of this process do to one session.
     *
     * - `'merge'`: each one saves the keys that it has changed, and none saves a session that another one has destroyed.
     * - `'overwrite'`, as in express-session: the last one wins, and may bring a destroyed session back.
     *
     * @default 'merge'
     */
    concurrent?: 'merge' | 'overwrite' | undefined
  }

  interface CookieOptions {
    /** Milliseconds; null for a cookie that ends with the browser. @default null */
    maxAge?: number | null | undefined
    expires?: Date | null | undefined
    /** @default '/' */
    path?: string | undefined
    domain?: string | undefined
    /** @default true */
    httpOnly?: boolean | undefined
    /** `true`: sent over secure connections only. `'auto'`: Secure if the connection is. */
    secure?: boolean | 'auto' | undefined
    /** `'auto'`: None if the connection is secure, else Lax. */
    sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
    partitioned?: boolean | undefined
    priority?: 'low' | 'medium' | 'high' | undefined
  }

  /**
   * The data of sessions. Declare yours, as for express-session.
   *
   * @example
   * import 'koa-session-rs/compat/express-session'
   *
   * declare module 'koa-session-rs/compat/express-session' {
   *   interface SessionData { user?: string }
   * }
   */
  interface SessionData {
    cookie: Cookie
  }

  /** The properties of a request's ctx. */
  interface SessionContext {
    /** The session. Undefined outside the cookie's path, while the store is disconnected, and once it is destroyed. */
    session: Session & SessionData & Record<string, any>
    sessionID: string
    sessionStore: SessionStore
  }

  /** The methods take a callback and return the session, or return a promise. */
  class Session {
    constructor (req: { sessionID: string, sessionStore: object }, data?: object)
    readonly id: string
    cookie: Cookie

    /** Destroys the session, and gives the request a new one, with a new id: at a login. */
    regenerate (): Promise<void>
    regenerate (callback: (err?: any) => void): this

    /** Destroys the session: at a logout. The request has none from then on. */
    destroy (): Promise<void>
    destroy (callback: (err?: any) => void): this

    /** Loads the session again: `ctx.session` is a new object then. */
    reload (): Promise<void>
    reload (callback: (err?: any) => void): this

    /** Saves the session now, not when the request ends. */
    save (): Promise<void>
    save (callback: (err?: any) => void): this

    /** Moves the expiry to `originalMaxAge` from now. Each request does so. */
    touch (): this
    resetMaxAge (): this
  }

  class Cookie {
    constructor (options?: CookieOptions)
    /** Milliseconds that are left; null for a cookie that ends with the browser. */
    get maxAge (): number | null
    set maxAge (ms: number | Date | null)
    originalMaxAge: number | null
    expires: Date | null | false
    path: string
    domain?: string
    httpOnly: boolean
    secure?: boolean | 'auto'
    sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto'
    partitioned?: boolean
    priority?: 'low' | 'medium' | 'high'
    readonly data: Record<string, unknown>
    serialize (name: string, value: string): string
    toJSON (): Record<string, unknown>
  }

  /** What a store has to have. */
  interface SessionStore {
    get (id: string, callback: (err?: any, session?: any) => void): any
    set (id: string, session: any, callback?: (err?: any) => void): any
    destroy (id: string, callback?: (err?: any) => void): any
    touch? (id: string, session: any, callback?: (err?: any) => void): any
  }

  /** The base class of stores: for stores that are made of the middleware, as `require('...')(session)`. */
  abstract class Store extends EventEmitter {
    abstract get (id: string, callback: (err?: any, session?: any) => void): any
    abstract set (id: string, session: any, callback?: (err?: any) => void): any
    abstract destroy (id: string, callback?: (err?: any) => void): any
    generate: (req: any) => void
    regenerate (req: any, callback: (err?: any) => void): void
    load (id: string, callback: (err?: any, session?: Session) => void): void
    createSession (req: any, session: any): Session & SessionData
  }

  /** Keeps sessions in the memory of the process, for development. */
  class MemoryStore extends Store {
    get (id: string, callback: (err?: any, session?: any) => void): void
    set (id: string, session: any, callback?: (err?: any) => void): void
    destroy (id: string, callback?: (err?: any) => void): void
    touch (id: string, session: any, callback?: (err?: any) => void): void
    all (callback: (err: any, sessions?: Record<string, any>) => void): void
    clear (callback?: (err?: any) => void): void
    length (callback: (err: any, length?: number) => void): void
  }
}

export = session
