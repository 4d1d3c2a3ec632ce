import type Koa = require('koa')

/**
 * Makes the session middleware of a Koa app and gives the app's contexts `ctx.session` and `ctx.sessionOptions`.
 *
 * `T` is the data of a session in `store`, `valid`, `beforeSave`, `encode` and `decode`: {@link session.SessionData}
 * unless said otherwise. Where neither is given, data and contexts are `any` there.
 *
 * @throws {@link session.SessionOptionError} where the app is missing or an option is not what it has to be.
 *
 * @example
 * import Koa from 'koa'
 * import session from 'koa-session-rs'
 *
 * const app = new Koa()
 * app.keys = ['a long random secret']
 * app.use(session({ maxAge: 7 * 86_400_000, renew: true }, app))
 * app.use(ctx => {
 *   ctx.session.views = (ctx.session.views ?? 0) + 1
 *   ctx.body = `${ctx.session.views} views`
 * })
 */
declare function session<T = session.Data> (
  options: session.CreateSessionOptions<session.Fixed<T>> | null | undefined,
  app: session.App
): session.Middleware
declare function session<T = session.Data> (
  app: session.App,
  options?: session.CreateSessionOptions<session.Fixed<T>> | null
): session.Middleware

declare namespace session {
  export { session as default }

  /**
   * Makes the session middleware: the same function under another name.
   *
   * @example
   * import { createSession } from 'koa-session-rs'
   *
   * interface Basket { items?: string[] }
   * app.use(createSession<Basket>({ valid: (ctx, data) => data.items?.length !== 0 }, app))
   */
  export const createSession: typeof session

  /** Loads the session in store mode, runs the middleware behind it, and commits the session. */
  export type Middleware = (ctx: any, next: any) => Promise<void>

  /** Takes middleware: a Koa app, whatever its version and its type parameters. */
  export interface App {
    use: (...args: any[]) => any
  }

  /* ---------------------------------------------------------------- ctx.session */

  /**
   * Lists the keys that the app keeps in its sessions: empty here, to be augmented by the app.
   *
   * From then on `ctx.session` is {@link Session} and this, on contexts of any type, and unknown keys are compile errors.
   * A new session is empty: keys are best optional. Before, the types leave Koa's contexts alone, as those of koa-session 7
   * do: `ctx.session` is `any`, or what the app itself declared it to be.
   *
   * @example
   * declare module 'koa-session-rs' {
   *   interface SessionData {
   *     userId?: string
   *     views?: number
   *   }
   * }
   */
  export interface SessionData {}

  /** Is a session without the app's data; with any key where the app has not augmented {@link SessionData}. */
  export interface Session extends SessionMembers {}

  /** Lists what every session has beside the app's data. */
  export interface SessionBase {
    /** Tells whether this session was begun by this request. */
    readonly isNew: boolean

    /**
     * Reads or sets how long this session lives, in milliseconds, or `'session'` for one that ends with the browser;
     * `undefined` where neither the options nor the loaded session say.
     *
     * Setting it forces a save. It is kept with the session, and counts in later requests too.
     */
    maxAge: number | 'session' | undefined

    /** Counts the app's keys in the session. */
    readonly length: number

    /** Tells whether the app has any key in the session. */
    readonly populated: boolean

    /** Reads the id under which the store holds the session; `undefined` in cookie mode. */
    readonly externalKey: string | undefined

    /** Reads when the loaded session expires, in milliseconds since 1970; `undefined` for a new one. */
    _expire?: number | undefined

    /** Forces a save at the commit where set to `true`. */
    _requireSave: boolean

    /**
     * Saves the session now, changed or not, empty or not: writes the store, if there is one, and sets the cookie.
     * With a callback there is no promise; the callback gets the error, if any.
     */
    save (): Promise<void>
    save (callback: Callback | undefined): Promise<void> | undefined

    /**
     * Destroys the record, and saves the same data under a new id: for logins. In cookie mode, which has no ids, it saves.
     *
     * @example
     * await ctx.session.regenerate()
     */
    regenerate (): Promise<void>
    regenerate (callback: Callback | undefined): Promise<void> | undefined

    /** Saves the session where it has to be: for `autoCommit: false`. */
    manuallyCommit (): Promise<void>

    /** Saves the session where it has to be, or in any case, or under a new id. */
    commit (options?: CommitOptions): Promise<void>
    commit (callback: Callback): undefined
    commit (options: CommitOptions | undefined, callback: Callback | undefined): Promise<void> | undefined

    /** Copies the app's keys into a plain object, without those that begin with `_` and without functions. */
    toJSON (): Record<string, unknown>
  }

  /** Says how to commit. */
  export interface CommitOptions {
    /**
     * Saves in any case, as `save()` does.
     *
     * @default false
     */
    save?: boolean | undefined

    /**
     * Changes the id first, as `regenerate()` does.
     *
     * @default false
     */
    regenerate?: boolean | undefined
  }

  /** Is called when a commit is done, with the error if it failed. */
  export type Callback = (error?: any) => void

  /**
   * Adds the session to Koa's contexts. What the app, or an installed `@types/koa-session`, declares on Koa's `BaseContext`
   * holds instead.
   */
  export interface SessionContext {
    /**
     * Reads the session of this request: an empty one where the client sent none or an invalid one, and `null` after
     * `ctx.session = null`, which `koa-session-rs/strict` has in the type.
     *
     * In store mode it is loaded by the middleware; in cookie mode when it is first read.
     */
    get session (): OnBaseContext<'session', Strict extends true ? CurrentSession | null : CurrentSession>

    /**
     * Replaces the session's data by the keys of an object, under the same id, or ends the session by `null`: at the commit
     * the record is destroyed, and the cookie expires.
     *
     * @throws Error `this.session can only be set as null or an object.`
     */
    set session (value: object | null)

    /**
     * Reads this request's copy of the options. What is written to it, such as domain, path, maxAge or secure, counts for
     * this request.
     */
    readonly sessionOptions: OnBaseContext<'sessionOptions', SessionOptions>
  }

  /** Is what ctx.session reads as, but for null. */
  type CurrentSession = Session & SessionData

  /* ---------------------------------------------------------------- options */

  /**
   * Lists the options of {@link createSession}, each of which may be left out.
   *
   * They are read anew for every request, so that a change after the start counts, and are never written to. Attributes
   * that are not listed here go to `ctx.cookies` untouched; they compile once {@link CookieAttributes} is augmented with
   * them, or in an object that is not written in place.
   */
  export type CreateSessionOptions<T = Data> = { [K in keyof SessionOptions<T>]?: SessionOptions<T>[K] | undefined }

  /** Checks options and fills in the defaults. */
  export const SessionOptions: {
    /**
     * Checks options and returns a new object with them and the defaults of the rest. Attributes that only `cookies` checks,
     * such as `domain` and `path`, are left out.
     *
     * @throws {@link SessionOptionError}
     */
    parse (options: unknown): SessionOptions
  }

  /** Lists the options with their defaults filled in, as `ctx.sessionOptions` has them. */
  export interface SessionOptions<T = Data> extends CookieAttributes {
    /**
     * Names the cookie.
     *
     * @default 'koa.sess'
     */
    key: string

    /**
     * Sets how long a session lives after it was saved, in milliseconds. Or `'session'`: the browser drops the cookie when
     * it ends, and the server never does, so that a stolen cookie stays good.
     *
     * Where not given, sessions live for a day (86,400,000 ms), and so does their record; but only the cookie of a session
     * that was loaded says so by `expires`, not the first one, which ends with the browser.
     *
     * @default undefined
     */
    maxAge?: number | 'session' | undefined

    /**
     * Names `maxAge` in its old spelling. Warns outside production.
     *
     * @deprecated Write `maxAge`.
     */
    maxage?: number | 'session' | undefined

    /**
     * Commits the session when the middleware behind this one has run, also when it threw. Where `false`, the app awaits
     * `ctx.session.manuallyCommit()`.
     *
     * @default true
     */
    autoCommit: boolean

    /**
     * Removes earlier lines of the same name from the response's Set-Cookie headers.
     *
     * @default true
     */
    overwrite: boolean

    /**
     * Hides the cookie from scripts in the page.
     *
     * @default true
     */
    httpOnly: boolean

    /**
     * Signs the cookie with the first of `app.keys`, and admits only cookies that one of them signed.
     *
     * @default true
     * @throws Error `.keys required for signed cookies`, where the app has none, when a cookie is read or written.
     */
    signed: boolean

    /**
     * Saves on every response, so that the life of the session begins anew with each request. In cookie mode only where
     * the app touched `ctx.session`.
     *
     * @default false
     */
    rolling: boolean

    /**
     * Saves when less than half of `maxAge` is left, so that users who come back stay logged in. In cookie mode only
     * where the app touched `ctx.session`.
     *
     * @default false
     */
    renew: boolean

    /**
     * Holds the sessions, of which the cookie then has the id alone. The methods may return values, promises, or anything
     * else that `await` takes.
     *
     * @default undefined
     * @throws {@link SessionOptionError} `store.get must be function`, likewise for set and destroy.
     *
     * @example
     * const records = new Map<string, unknown>()
     * app.use(session({
     *   store: {
     *     get: id => records.get(id),
     *     set: (id, record) => { records.set(id, record) },
     *     destroy: id => { records.delete(id) }
     *   }
     * }, app))
     */
    store?: Store<T> | undefined

    /**
     * Makes a store for each request, by `new ContextStore(ctx)`. Wins over `store`.
     *
     * @default undefined
     * @throws {@link SessionOptionError} `ContextStore must be a class`, or `ContextStore.prototype.get must be function`,
     * likewise for set and destroy.
     */
    ContextStore?: (new (ctx: any) => Store<T>) | undefined

    /**
     * Carries the id elsewhere than in the cookie. For store mode.
     *
     * @default undefined
     * @throws {@link SessionOptionError} `externalKey.get must be function`, likewise for set.
     *
     * @example
     * app.use(session({
     *   store,
     *   externalKey: {
     *     get: ctx => ctx.get('x-session-id'),
     *     set: (ctx, id) => ctx.set('x-session-id', id)
     *   }
     * }, app))
     */
    externalKey?: ExternalKey<T> | undefined

    /**
     * Turns a session into the text of the cookie. For cookie mode. The data carry an {@link Envelope}, which `decode` has
     * to give back.
     *
     * @default base64 of the JSON text
     */
    encode (data: T & Envelope): string

    /**
     * Turns the text of the cookie into a session's data. For cookie mode. Where it throws a SyntaxError, a new session
     * begins; any other error clears the cookie, and whoever reads `ctx.session` gets it.
     *
     * @default JSON.parse of the base64-decoded text
     */
    decode (text: string): T

    /**
     * Makes the id of a session. For store mode.
     *
     * @default a random UUID (version 4) behind `prefix`
     */
    genid?: Hook<[ctx: Named<T, Koa.Context>], string> | undefined

    /**
     * Begins the ids that the default `genid` makes.
     *
     * @default undefined
     */
    prefix?: string | undefined

    /**
     * Judges data that were read and have not expired. Where it returns something falsy, a new session begins, and the app
     * emits `session:invalid`.
     *
     * @default undefined
     *
     * @example
     * app.use(session({ valid: (ctx, data) => data.agent === ctx.get('user-agent') }, app))
     */
    valid?: Hook<[ctx: Named<T, Koa.Context>, data: T & Envelope], unknown> | undefined

    /**
     * Runs before each save, and may change the session.
     *
     * @default undefined
     */
    beforeSave?: Hook<[ctx: Named<T, Koa.Context>, session: SessionOf<T>], void> | undefined
  }

  /**
   * Lists the attributes of the cookie that the package `cookies` takes, beside those above; to be augmented where
   * `ctx.cookies` takes more.
   */
  export interface CookieAttributes {
    /**
     * Limits the cookie to HTTPS. Behind a proxy that ends TLS, `true` needs `app.proxy = true`.
     *
     * @default whether the request came by HTTPS
     * @throws Error `Cannot send secure cookie over unencrypted connection`, at the commit.
     */
    secure?: boolean | undefined

    /**
     * Limits the cookie to requests from the same site; `true` means `'strict'`. Case does not matter.
     *
     * @default no such attribute
     * @throws TypeError `option sameSite is invalid`, at the commit.
     */
    sameSite?: boolean | 'strict' | 'lax' | 'none' | (string & {}) | undefined

    /**
     * Extends the cookie to a domain and its subdomains.
     *
     * @default the host of the request alone
     * @throws TypeError `option domain is invalid`, at the commit.
     */
    domain?: string | undefined

    /**
     * Limits the cookie to paths that begin so.
     *
     * @default '/'
     * @throws TypeError `option path is invalid`, at the commit.
     */
    path?: string | undefined

    /**
     * Sets when the browser drops the cookie. A `maxAge` in milliseconds wins over it.
     *
     * @default undefined
     */
    expires?: Date | undefined

    /**
     * Tells browsers which cookies to drop first where they have too many.
     *
     * @default undefined
     * @throws TypeError `option priority is invalid`, at the commit.
     */
    priority?: 'low' | 'medium' | 'high' | undefined

    /**
     * Keeps the cookie apart for each site that embeds this one (CHIPS).
     *
     * @default false
     */
    partitioned?: boolean | undefined

    /**
     * Sets or drops the attribute `secure`, whatever the connection. `cookies` warns of it.
     *
     * @deprecated Write `secure`, and set `app.proxy` where a proxy ends TLS.
     */
    secureProxy?: boolean | undefined
  }

  /* ---------------------------------------------------------------- stores */

  /** Gives a value at once or later: anything that `await` takes, such as a mongoose Query or a knex builder. */
  export type Awaitable<T> = T | PromiseLike<T>

  /**
   * Keeps sessions under their ids.
   *
   * @example
   * class RedisStore implements Store<{ userId?: string }> {
   *   async get (id: string) {
   *     const text = await redis.get(id)
   *     return text === null ? null : JSON.parse(text)
   *   }
   *
   *   async set (id: string, record: object, maxAge: number | 'session') {
   *     const ttl = maxAge === 'session' ? 86_400_000 : maxAge
   *     await redis.set(id, JSON.stringify(record), 'PX', ttl)
   *   }
   *
   *   async destroy (id: string) {
   *     await redis.del(id)
   *   }
   * }
   */
  export interface Store<T = Data> {
    /**
     * Reads a record. Something falsy says that there is none, and the app emits `session:missed`.
     *
     * @param maxAge the option of that name, in milliseconds
     */
    get (id: string, maxAge: Named<T, number | 'session' | undefined>, request: StoreRequest<T>): Awaitable<T | null | undefined>

    /**
     * Writes a record.
     *
     * @param maxAge how long to keep it, in milliseconds: 10,000 more than the session lives
     */
    set (id: string, record: T & Envelope, maxAge: Named<T, number | 'session'>, request: StoreWrite<T>): any

    /** Removes a record. */
    destroy (id: string, request: { ctx: Named<T, Koa.Context> }): any
  }

  /** Tells a store of the request that it serves. */
  export interface StoreRequest<T = Data> {
    /** Is the request's context. */
    ctx: Named<T, Koa.Context>
    /** Repeats the option of that name. */
    rolling: boolean
  }

  /** Tells a store why it is written to, too. */
  export interface StoreWrite<T = Data> extends StoreRequest<T> {
    /** Tells whether changed data are the reason; `false` for forced saves, also of changed data. */
    changed: boolean
  }

  /** Reads and writes the ids of sessions. */
  export interface ExternalKey<T = Data> {
    /** Reads the id that the client sent: something falsy where it sent none. */
    get (ctx: Named<T, Koa.Context>): string | null | undefined
    /** Sends the id to the client. */
    set (ctx: Named<T, Koa.Context>, id: string): void
  }

  /** Goes with the data in cookies and records. */
  export interface Envelope {
    /** Holds when the session expires, in milliseconds since 1970. */
    _expire?: number
    /** Holds the life of the session in milliseconds. */
    _maxAge?: number
    /** Marks a session that ends with the browser, and has neither of the others. */
    _session?: boolean
  }

  /* ---------------------------------------------------------------- events and errors */

  /**
   * Names the events that the app emits, with a {@link SessionEvent} each and on a later turn of the event loop: `missed`
   * where the store has no record, `expired` where the time of a session has passed, `invalid` where `valid` refused it.
   *
   * @example
   * app.on('session:expired', (event: SessionEvent) => {
   *   console.log('expired', event.value)
   * })
   */
  export type SessionEventName = 'session:missed' | 'session:expired' | 'session:invalid'

  /** Tells what became of the session that a client sent. */
  export interface SessionEvent<T = Data> {
    /** Is the id as the client sent it; `undefined` in cookie mode. */
    key: string | undefined
    /** Is what was read under it, or in the cookie. */
    value: (T & Envelope) | null | undefined
    /** Is the request's context. */
    ctx: Named<T, Koa.Context>
  }

  /**
   * Lists the codes of this package's errors.
   *
   * | code | thrown | fields |
   * |---|---|---|
   * | `ERR_SESSION_OPTION` | by `session` and `SessionOptions.parse`: {@link SessionOptionError} | `option`, `expected`, `received` |
   * | `ERR_SESSION_BINDING` | when the package is loaded, where its native addon cannot be | `platform`, `arch`, `libc` |
   */
  export type ErrorCode = 'ERR_SESSION_OPTION' | 'ERR_SESSION_BINDING'

  /** Is thrown for an option that is not what it has to be, and where the app is missing. */
  export interface SessionOptionError extends TypeError {
    code: 'ERR_SESSION_OPTION'
    /** Names the option, or `app`. */
    option: string
    /** Says what the option has to be. */
    expected: string
    /** Names the type of what was given, never the value. */
    received: string
  }

  /* ---------------------------------------------------------------- names of @types/koa-session 6 */

  /** @deprecated Write {@link CreateSessionOptions}. */
  export interface opts<StateT = any, ContextT = any, ResponseBodyT = any> extends Partial<SessionOptions<any>> {
    key: string
    encode (data: any): string
    decode (text: string): any
    genid: (ctx?: any) => string
  }

  /** @deprecated Write {@link Store}. */
  export interface stores {
    get (id: string, maxAge: opts['maxAge'], request: { rolling: opts['rolling'] }): any
    set (
      id: string,
      record: Partial<Session> & Envelope,
      maxAge: opts['maxAge'],
      request: { changed: boolean, rolling: opts['rolling'] }
    ): any
    destroy (id: string): any
  }

  /** @deprecated Write {@link ExternalKey}. */
  export interface ExternalKeys<StateT = any, ContextT = any, ResponseBodyT = any> extends ExternalKey<any> {}

  /** @deprecated Write {@link SessionOptions}. */
  export interface util {
    encode (data: any): string
    decode (text: string): any
    hash (data: any): string
  }

  /** @deprecated No such object is handed out. */
  export interface ContextSession<StateT = any, ContextT = any, ResponseBodyT = any> {
    ctx: any
    app: any
    opts: opts
    store: stores
    session: Session | false
    prevHash: string
    get (): Session
    set (value: any): void
    initFromExternal (): Promise<void>
    commit (): Promise<void>
  }

  /* ---------------------------------------------------------------- how the types above fit together */

  /** Tells whether the program imports `koa-session-rs/strict`, which augments it. */
  export interface Strictness {}

  /** Tells whether null is in the type of ctx.session. */
  type Strict = Strictness extends { nullable: true } ? true : false

  /** Tells whether the app has named its data. */
  type HasSessionData = [keyof SessionData] extends [never] ? false : true

  /** Is what Session consists of. */
  type SessionMembers =
    HasSessionData extends true ? SessionBase
      : Strict extends true ? SessionBase & { [key: string]: any }
        : UntypedSession

  /** Takes any key, and goes where the Session of `@types/koa-session` goes, and the other way: both may be installed. */
  export interface UntypedSession {
    readonly length: number
    readonly populated: boolean
    maxAge: number | 'session' | undefined
    save (callback?: Callback): any
    regenerate (callback?: Callback): any
    manuallyCommit (): Promise<void>
    toJSON (): object
    inspect (): object
    [key: string]: any
  }

  /** Lists the names of properties without those that an index signature admits. */
  type OwnKeys<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: 0 }

  /** Is the data of a session, as the app named them: on SessionData or, as with `@types/koa-session`, on Session. */
  export type Data =
    HasSessionData extends true ? SessionData
      : [Exclude<OwnKeys<Session>, keyof SessionBase | OwnKeys<UntypedSession>>] extends [never] ? any
          : Partial<Session>

  /** Is a session with data. Where these were named on Session, it is that. */
  type SessionOf<T> = 'manuallyCommit' extends OwnKeys<T> ? Session : SessionBase & T

  /** Is X where the data have a name, and any where not. */
  type Named<T, X> = 0 extends 1 & T ? any : X

  /** Keeps T from being inferred: a store that returns strings must not make strings of all data. */
  export type Fixed<T> = [T][T extends any ? 0 : never]

  /** Is a function whose parameters may be annotated more narrowly, as a method's may. */
  type Hook<Args extends unknown[], Result> = { hook (...args: Args): Result }['hook']

  /** Is what Koa's BaseContext declares under a name, and otherwise X. */
  type OnBaseContext<Name extends string, X> =
    Koa.BaseContext extends { [K in Name]: infer Declared } ? Declared : X

  /** Is what Koa's contexts get: nothing before the data have a name. Any property here would break what apps declare. */
  export type TypedContext = Strict extends true ? SessionContext : 0 extends 1 & Data ? {} : SessionContext
}

export = session

declare module 'koa' {
  interface ExtendableContext extends session.TypedContext {}
}
