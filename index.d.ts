import type Koa = require('koa')

/**
 * Makes the session middleware of a Koa app and gives the app's contexts `ctx.session`, `ctx.sessionOptions`,
 * `ctx.commitSession()` and `ctx.regenerateSession()`.
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
  options: session.Options<session.Fixed<T>> | null | undefined,
  app: session.App
): session.Middleware
// `app` takes what App takes. The options are in its type for the error: where options come first and one is wrong, TypeScript
// tells of each signature, and this one then names the option, and not App, which has no such property.
declare function session<T = session.Data> (
  app: session.App | (session.Options<session.Fixed<T>> & session.App),
  options?: session.Options<session.Fixed<T>> | null
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

  /**
   * Returns the handle of a request's session: what can be done to it beside using its data. It may be called before the
   * middleware of `session()` ran, too.
   *
   * @param ctx the context of the request
   * @param name the option `as` of the session; `'session'` where that was not given
   * @throws Error with the code `ERR_SESSION_UNKNOWN`, where the app has no session of the name.
   *
   * @example
   * app.use(async ctx => {
   *   const handle = session.of(ctx)
   *   await handle.regenerate({ keep: ['language'] })
   *   ctx.body = handle.id
   * })
   */
  export function of<C extends object, N extends string = 'session'> (ctx: C, name?: N): SessionHandle<SessionAt<C, N>>

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

  /**
   * Lists what every session has beside the app's data.
   *
   * What inherits from a session (`Object.create(ctx.session)`) has it too. A copy of a session, and a Proxy before one, have
   * the data: `isNew`, `_expire`, `_requireSave`, `maxAge` and `externalKey` are `undefined` there, and the methods that save
   * throw a `TypeError` with the code `ERR_SESSION_UNKNOWN`.
   */
  export interface SessionBase {
    /** Tells whether this session was begun by this request. */
    readonly isNew: boolean

    /**
     * Reads or sets how long this session lives, in milliseconds, or `'session'` for one that ends with the browser;
     * `undefined` where neither the options nor the loaded session say.
     *
     * Setting it forces a save. It is kept with the session, and counts in later requests too.
     * Where requests of one session are merged, a commit that does not set it keeps what another request has set since the
     * load: it is read here afterwards, and the cookie is sent with it.
     *
     * @throws {@link SessionOptionError} for NaN, infinite numbers and other strings: `Invalid input: option maxAge …`
     */
    maxAge: number | 'session' | undefined

    /** Counts the app's keys in the session. */
    readonly length: number

    /** Tells whether the app has any key in the session. */
    readonly populated: boolean

    /**
     * Reads the id under which the store holds the session, after `regenerate()` the new one; `undefined` in cookie mode,
     * and until an asynchronous `genid` has given it.
     */
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
     * @throws Error with the code `ERR_SESSION_HEADERS_SENT`, where the new id cannot be sent: the headers have left, or there is no response.
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
    // CommitOptions are in the type for the error, as those of session() are above.
    commit (callback: Callback | (CommitOptions & Callback)): undefined
    commit (options: CommitOptions | undefined, callback: Callback | undefined): Promise<void> | undefined

    /**
     * Copies what is saved into a plain object: the session's own enumerable keys, without functions, and without those that
     * begin with `_` unless `underscoreKeys` keeps them. `__proto__` is no key: what is assigned to it is dropped.
     */
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

  /* ---------------------------------------------------------------- session.of(ctx) */

  /** Does to a session what its data cannot, whose names belong to the app: see {@link of}. */
  export interface SessionHandle<S = any> {
    /** Reads the id under which the store holds the session; `undefined` in cookie mode, and where none is known yet. */
    readonly id: string | undefined

    /** Tells whether this request began the session; `undefined` before it was loaded, and where it is null. */
    readonly isNew: boolean | undefined

    /**
     * Loads the session where that was not done, and gives it: from then on `ctx.session` is that. For `lazy`; elsewhere
     * it was loaded before, or is opened by this.
     *
     * Gives `null` where `ignore` left the request without a session, and after `ctx.session = null`.
     *
     * The context may be one of a request alone, as that of a socket: `session.of(app.createContext(request)).load()`.
     */
    load (): Promise<S>

    /** Drops what this request did to the session, loads it again, and gives it. What was saved stays saved. */
    reload (): Promise<S>

    /**
     * Destroys the session now: its record, and its cookie. Like `ctx.session = null` and `commit()`.
     *
     * @throws Error with the code `ERR_SESSION_IGNORED`, where `ignore` left the request without a session.
     */
    destroy (): Promise<void>

    /** Saves the session, changed or not, so that its life begins anew. */
    touch (): Promise<void>

    /**
     * Destroys the record, and saves the session under a new id. In cookie mode, which has no ids, it saves.
     *
     * @throws Error with the code `ERR_SESSION_HEADERS_SENT`, where the new id cannot be sent: the headers have left, or there is no response.
     */
    regenerate (how?: RegenerateOptions): Promise<void>

    /**
     * Saves the session where it has to be, as at the end of the request; after `ctx.session = null`, ends it.
     *
     * @throws Error with the code `ERR_SESSION_LIMIT` and the `status` 409, where `maxSessions` refuses the session;
     * `ERR_SESSION_ID_TAKEN`, where `genid` gave the id of another session twice.
     */
    commit (): Promise<void>

    /**
     * Lists the sessions of this one's subject, the oldest first: those that were saved. None where the session is nobody's.
     *
     * @throws Error with the code `ERR_SESSION_SUBJECT`, without the option `subject`.
     *
     * @example
     * app.use(session({ store, subject: 'userId', label: ctx => ctx.get('User-Agent') }, app))
     * app.use(async ctx => {
     *   const sessions = await session.of(ctx).list()
     *   ctx.body = sessions.map(({ hash, label, seen, current }) => ({ hash, label, seen: new Date(seen), current }))
     * })
     */
    list (): Promise<SessionListing[]>

    /**
     * Destroys a session of the same subject, and gives whether there was one. Its own is destroyed with its cookie.
     *
     * @param hash as {@link list} gives it, and so as it comes in a query; anything else is not found
     * @throws Error with the code `ERR_SESSION_SUBJECT`, without the option `subject`.
     */
    revoke (hash: string | string[] | undefined): Promise<boolean>

    /**
     * Destroys all other sessions of the same subject ('log out my other devices'), and gives how many there were.
     *
     * @throws Error with the code `ERR_SESSION_SUBJECT`, without the option `subject`.
     */
    revokeOthers (): Promise<number>
  }

  /** Is one of a subject's sessions, as {@link SessionHandle.list} gives it. */
  export interface SessionListing extends ListedSession {
    /** Tells whether it is the session of this request. */
    current: boolean
  }

  /** Says what becomes of the data when a session gets a new id. */
  export interface RegenerateOptions {
    /**
     * Removes the data.
     *
     * @default false
     */
    clear?: boolean | undefined

    /**
     * Lists the keys that stay; all others go.
     *
     * @default undefined
     */
    keep?: readonly string[] | undefined
  }

  /** Is what a context has under a name, if its type says. */
  type SessionAt<C, N extends string> = 0 extends 1 & C ? any : N extends keyof C ? C[N] : any

  /**
   * Adds the session to Koa's contexts. What the app, or an installed `@types/koa-session`, declares on Koa's `BaseContext`
   * holds instead.
   */
  export interface SessionContext {
    /**
     * Reads the session of this request: an empty one where the client sent none or an invalid one, and `null` after
     * `ctx.session = null` and where `ignore` says so, which `koa-session-rs/strict` has in the type.
     *
     * In store mode it is loaded by the middleware; in cookie mode when it is first read.
     *
     * @throws Error with the code `ERR_SESSION_NOT_LOADED`, with `lazy` before `session.of(ctx).load()`.
     */
    get session (): OnBaseContext<'session', Strict extends true ? CurrentSession | null : CurrentSession>

    /**
     * Replaces the session's data by the keys of an object, under the same id, or ends the session by `null`: at the commit
     * the record is destroyed, and the cookie expires. An object after `null` is a session with a new id.
     *
     * @throws Error `this.session can only be set as null or an object.`; with the code `ERR_SESSION_NOT_LOADED` for an
     * object before a `lazy` session was loaded; with `ERR_SESSION_IGNORED` for anything where `ignore` left none.
     */
    set session (value: object | null)

    /**
     * Reads this request's copy of the options. What is written to it, such as domain, path, maxAge or secure, counts for
     * this request. Attributes that are functions of ctx are called when this is first read.
     */
    readonly sessionOptions: OnBaseContext<'sessionOptions', RequestOptions>

    /**
     * Saves the session where it has to be, or ends it after `ctx.session = null`: for `autoCommit: false`.
     *
     * @example
     * app.use(session({ autoCommit: false }, app))
     * app.use(async ctx => {
     *   ctx.session = null
     *   await ctx.commitSession()
     * })
     */
    commitSession: OnBaseContext<'commitSession', () => Promise<void>>

    /** Destroys the record, and saves the session under a new id, as `ctx.session.regenerate()` does. */
    regenerateSession: OnBaseContext<'regenerateSession', () => Promise<void>>
  }

  /** Is what ctx.session reads as, but for null. */
  type CurrentSession = Session & SessionData

  /* ---------------------------------------------------------------- options */

  /**
   * Lists the options of {@link createSession}, each of which may be left out. {@link SessionOptions} and
   * {@link CookieAttributes} describe them.
   *
   * They are read anew for every request, so that a change after the start counts, and are never written to. Attributes
   * that are not listed here go to `ctx.cookies` untouched; they compile once {@link CookieAttributes} is augmented with
   * them, or in an object that is not written in place.
   *
   * `domain`, `path`, `secure`, `sameSite`, `httpOnly`, `priority`, `partitioned` and `expires` may be functions of ctx.
   * They are called when a cookie is sent or cleared, or `ctx.sessionOptions` is read, once a request; `undefined` and
   * `null` leave the attribute to its default. What they give is checked before anything is sent.
   *
   * @throws {@link SessionOptionError} for what a function gave and no cookie can carry, as `;` and control characters, at
   * the commit.
   *
   * @example
   * app.use(session({ domain: ctx => ctx.hostname.endsWith('.example.com') ? 'example.com' : undefined }, app))
   */
  export type Options<T = Data> = { [K in keyof SessionOptions<T>]?: SessionOptions<T>[K] | OnlyGiven<T, K> | undefined }

  /** Lists the options, with attributes that are values. Where yours are functions of ctx, write {@link Options}. */
  export type CreateSessionOptions<T = Data> = { [K in keyof SessionOptions<T>]?: SessionOptions<T>[K] | undefined }

  /** Is what `ctx.sessionOptions` has: the options of one request, to be written to. */
  export interface RequestOptions extends Omit<SessionOptions, 'secure'> {
    /** Limits the cookie to HTTPS: see {@link CookieAttributes.secure}. `'auto'` is absent here. */
    secure?: boolean | 'force' | undefined
  }

  /** Checks options and fills in the defaults. Packages that are built on sessions add options of their own by `extend`. */
  export const SessionOptions: OptionsSchema<SessionOptions>

  /**
   * Checks options: what koa-session 7 has in a schema of zod's, as far as packages use it, without zod. `z.infer` of zod 3 and
   * 4 gives `Output`; zod's other methods are not there, and it cannot be part of a schema of zod's.
   */
  export interface OptionsSchema<Output = SessionOptions> extends InferredByZod<Output> {
    /**
     * Checks options and returns a new object with them and the defaults of the rest. Attributes that only `cookies` checks,
     * such as `domain` and `path`, are left out, and so are options that are not known. Attributes that are functions of ctx
     * are returned as these.
     *
     * @throws {@link SessionOptionError} for the first option that is not what it has to be. Where a schema of `extend` said so,
     * its error is the `cause`.
     */
    parse (options: unknown): Output

    // For z.infer alone, which refuses a type whose safeParse gives another error than zod's: it cannot be called.
    safeParse (options: unknown, params: never): never
    /**
     * Checks options as `parse` does, and returns the error instead of throwing it.
     *
     * @example
     * import { SessionOptions } from 'koa-session-rs'
     *
     * const result = SessionOptions.safeParse({ maxAge: 'soon' })
     * if (!result.success) console.error(result.error.option, result.error.expected)
     */
    safeParse (options: unknown): ParsedOptions<Output>

    /**
     * Adds options, each with the schema that checks it and gives its default. It returns another schema, which may be extended
     * again. A schema for an option of this package takes the place of its check and its default.
     *
     * @param shape a schema for each option: zod's, or any object with `parse` or `safeParse`
     * @throws {@link SessionOptionError} for what is no shape.
     *
     * @example
     * import { createSession, SessionOptions } from 'koa-session-rs'
     * import z from 'zod'
     *
     * const Config = SessionOptions.extend({ logValue: z.boolean().default(true) })
     * type Config = z.infer<typeof Config>
     *
     * const config: Config = Config.parse({ maxAge: 86_400_000 })
     * app.use(createSession(config, app))
     * app.on('session:expired', ({ value }) => console.log('expired', config.logValue ? value : ''))
     */
    extend<Shape extends OptionsShape> (shape: Shape): OptionsSchema<Omit<Output, keyof Shape> & OutputOfShape<Shape>>
  }

  /** Is what {@link OptionsSchema.safeParse} returns. */
  export type ParsedOptions<Output> =
    | { success: true, data: Output, error?: never }
    | { success: false, data?: never, error: SessionOptionError }

  /** Has a schema for each option: see {@link OptionsSchema.extend}. */
  export interface OptionsShape {
    [option: string]: { parse (value: unknown): unknown } | { safeParse (value: unknown): SafelyParsed }
  }

  /** Is what a schema's `safeParse` returns. */
  type SafelyParsed = { success: true, data: unknown } | { success: false, error: unknown }

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
     * Fractions of a millisecond are kept. The stores of this package keep whole ones, and round up. A time that no date
     * has, as 1e300, is written as koa-session writes it: the cookie has `expires=Invalid Date`.
     *
     * @default undefined
     * @throws {@link SessionOptionError} for NaN, infinite numbers and other strings: `Invalid input: option maxAge …`
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
     * `ctx.commitSession()`, or `ctx.session.manuallyCommit()` where the session is not null.
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
     * the app touched `ctx.session`, unless `rollUntouched` is on.
     *
     * @default false
     */
    rolling: boolean

    /**
     * Saves when less than half of `maxAge` is left, so that users who come back stay logged in. In cookie mode only
     * where the app touched `ctx.session`, unless `rollUntouched` is on.
     *
     * @default false
     */
    renew: boolean

    /**
     * Opens the cookie on every request, so that `rolling` and `renew` hold for sessions that nobody touched, too. For
     * cookie mode; a store's session always is loaded.
     *
     * @default false
     */
    rollUntouched?: boolean | undefined

    /**
     * Decides the session's cookie when the headers leave, so that responses which send them before the middleware ends
     * get it: `ctx.respond = false`, `res.write`, `res.writeHead`, `res.flushHeaders`, a pipe to `ctx.res`. What changes
     * later is saved where there is a store and the browser has the id, and lost in cookie mode; each tells
     * `session:uncommitted`. An asynchronous `beforeSave` cannot be awaited there, so in cookie mode no cookie is sent then.
     * A hook that throws there does not fail the response: the headers go on without the cookie, and the error goes to the
     * app's `'error'` listeners.
     * With a store, the cookie expires by the `maxAge` that the request knows then, even where another one turns out to have
     * been set by a request of the same session. Does nothing with `autoCommit: false`.
     *
     * @default false
     *
     * @example
     * app.use(session({ early: true }, app))
     * app.use(ctx => {
     *   ctx.session.streams = (ctx.session.streams ?? 0) + 1
     *   ctx.respond = false
     *   ctx.res.statusCode = 200
     *   ctx.res.end('sent by hand')
     * })
     */
    early?: boolean | undefined

    /**
     * Names the property of ctx that the session is, so that an app may have several: each has a `key` of its own. The
     * events of such a session carry the name; `ctx.sessionOptions`, `ctx.commitSession()` and `ctx.regenerateSession()` are
     * those of the first session of the app; {@link of} takes the name.
     *
     * Without it, a second `session()` of an app shares the session and the options of the first, and the process warns
     * once (`KOA_SESSION_RS_SHARED`).
     *
     * @default undefined: the session is called 'session'
     * @throws {@link SessionOptionError} where the app has a session of this name, or one with a cookie of the same name:
     * `key`, or `key` and `.sig`.
     *
     * @example
     * import type { SessionBase } from 'koa-session-rs'
     *
     * interface AdminData { user?: string }
     *
     * declare module 'koa' {
     *   interface ExtendableContext {
     *     get admin (): SessionBase & AdminData
     *     set admin (value: object | null)
     *   }
     * }
     *
     * app.use(session(app))
     * app.use(session({ as: 'admin', key: 'admin.sess', path: '/admin' }, app))
     * app.use(async ctx => {
     *   ctx.admin.user = 'ada'
     *   await session.of(ctx, 'admin').regenerate()
     * })
     */
    as?: string | undefined

    /**
     * Leaves requests without a session where it returns something truthy: nothing is read and nothing sent,
     * `ctx.session` is null, and assigning to it throws. Called once a request, when the session is first asked for.
     *
     * @default undefined
     * @throws Error with the code `ERR_SESSION_IGNORED`, where something is assigned to `ctx.session`.
     *
     * @example
     * app.use(session({ ignore: ctx => ctx.path === '/health' }, app))
     */
    ignore?: Hook<[ctx: Named<T, Koa.Context>], unknown> | undefined

    /**
     * Keeps keys that begin with `_`, except `_expire`, `_maxAge`, `_session`, `_requireSave` and `__proto__`. Where it is
     * off, such a key is not saved, and the process warns once and names it (`KOA_SESSION_RS_UNDERSCORE`), unless it came in with
     * the session: a store may put keys of its own there.
     *
     * @default false
     */
    underscoreKeys?: boolean | undefined

    /**
     * Holds sessions to `maxAge` that were saved with a longer one: they expire as if they had been saved with this one, and
     * so do their cookies.
     *
     * @default false
     */
    configMaxAge?: boolean | undefined

    /**
     * Sends no expired cookie for `ctx.session = null` to visitors who sent none.
     *
     * @default false
     */
    clearOnlySent?: boolean | undefined

    /**
     * Keeps caches from mixing up visitors: adds `Vary: Cookie` to responses for which the session was read, and
     * `Cache-Control: private, no-store` to those that set its cookie, where the app set no Cache-Control.
     *
     * @default false
     */
    cacheControl?: boolean | undefined

    /**
     * Holds the sessions, of which the cookie then has the id alone. The methods may return values, promises, or anything
     * else that `await` takes. Of the ids that clients send it is never asked for an empty one, nor for one that is longer
     * than 4096 bytes, or has a control character or `..` as a path segment: these are misses.
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
     * Leaves the store unread until the app awaits `session.of(ctx).load()`, so that requests without need of the session
     * cost no read. `null` may be assigned unread, and ends the session. For store mode.
     *
     * @default false
     * @throws Error with the code `ERR_SESSION_NOT_LOADED`, where `ctx.session` is read before, or set to an object.
     *
     * @example
     * app.use(session({ store, lazy: true }, app))
     * app.use(async ctx => {
     *   if (ctx.path !== '/account') return
     *   const account = await session.of(ctx).load()
     *   ctx.body = account.user
     * })
     */
    lazy?: boolean | undefined

    /**
     * Decides what a failure of the store does, by (a promise of) one of these:
     *
     * - `'throw'`: the request fails.
     * - `'ignore'`: it goes on; after a failed `get` with a new session, which is saved.
     * - `'anonymous'`: it goes on; after a failed `get` with a new session. From then on nothing is written, and the
     *   session's cookie is not sent. A failed `destroy` is ignored.
     *
     * Where the app threw before the store failed, its error stays, and the store's goes to the app's `'error'` event.
     *
     * @default undefined: as with 'throw'
     *
     * @example
     * app.use(session({
     *   store,
     *   onStoreError (error, operation, ctx) {
     *     console.error(operation, error)
     *     return operation === 'get' && ctx.method === 'GET' ? 'anonymous' : 'throw'
     *   }
     * }, app))
     */
    onStoreError?: Hook<
      [error: any, operation: 'get' | 'set' | 'destroy', ctx: Named<T, Koa.Context>],
      Awaitable<'throw' | 'ignore' | 'anonymous' | undefined | void>
    > | undefined

    /**
     * Sets how long the store keeps sessions of `maxAge: 'session'`, in milliseconds; 10,000 more are added.
     *
     * @default 86,400,000: one day
     */
    storeMaxAge?: number | undefined

    /**
     * Merges what a request changed into what the store holds by then, with a store that has koa-session's three methods
     * alone: the commits of one session wait for each other, and each reads the record again. Keys that other requests
     * wrote stay, and a session that was destroyed meanwhile stays destroyed. Between two processes a window remains, from
     * the reading to the writing. A {@link SessionStore} always merges, and has no such window.
     *
     * Data go through JSON, also where a store would keep a Date or a Map as it is.
     *
     * @default false
     */
    merge?: boolean | undefined

    /**
     * Says whose a session is, so that the sessions of one subject can be listed and revoked: a key of the session, or a
     * function that gives a text, a number, or something empty where it is nobody's. With a {@link SessionStore}.
     *
     * A session enters the list with its next request: one from before the option was given is neither listed nor revoked
     * until then. One that was listed by another option stays in that list until its subject changes. Sessions of two
     * `session()`s with `as` share a store's subjects: give each a store, or a prefix, of its own.
     *
     * @default undefined: sessions are not listed
     * @throws {@link SessionOptionError} where the store is none; at the commit, TypeError with the code
     * `ERR_SESSION_VALUE`, where it leads to anything else.
     *
     * @example
     * app.use(session({ store, subject: 'userId' }, app))
     * app.use(async ctx => {
     *   if (ctx.path === '/logout-others') ctx.body = { ended: await session.of(ctx).revokeOthers() }
     * })
     */
    subject?: (string & keyof T) | Hook<
      [session: T, ctx: Named<T, Koa.Context>], string | number | bigint | null | undefined
    > | undefined

    /**
     * Names a session in lists. Called when a session is created, gets a new id, or comes to a subject. Our stores keep the
     * first 256 characters.
     *
     * @throws TypeError with the code `ERR_SESSION_VALUE`, at the commit, for a promise.
     *
     * @default undefined
     *
     * @example
     * app.use(session({ store, subject: 'userId', label: ctx => ctx.get('User-Agent') }, app))
     */
    label?: Hook<[ctx: Named<T, Koa.Context>], string | null | undefined> | undefined

    /**
     * Limits how many sessions a subject has. A number alone means `overflow: 'oldest'`: the oldest are destroyed. With
     * `'refuse'` the session that would be one too many is not written, and no cookie is sent.
     *
     * @default undefined: as many as there are
     * @throws Error with the code `ERR_SESSION_LIMIT` and the `status` 409, at the commit; a login that wants to answer
     * otherwise awaits `session.of(ctx).commit()`.
     *
     * @example
     * app.use(session({ store, subject: 'userId', maxSessions: { max: 3, overflow: 'refuse' } }, app))
     */
    maxSessions?: number | SessionLimit | undefined

    /**
     * Narrows the ids that the store is asked for: one from a client that does not match is a miss.
     *
     * @default undefined
     *
     * @example
     * app.use(session({ store, idPattern: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/ }, app))
     */
    idPattern?: RegExp | undefined

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
     * Makes the id of a session, or a promise of it. For store mode. A number is taken as its digits.
     *
     * @default a random UUID (version 4) behind `prefix`
     * @throws TypeError with the code `ERR_SESSION_ID`, where it gives anything else, an empty text, or one with control
     * characters or `..` as a path segment.
     */
    genid?: Hook<[ctx: Named<T, Koa.Context>], Awaitable<string | number>> | undefined

    /**
     * Begins the ids that the default `genid` makes.
     *
     * @default undefined
     */
    prefix?: string | undefined

    /**
     * Judges data that were read and have not expired. Where it returns something falsy, or a promise of it, a new session
     * begins, and the app emits `session:invalid`. In cookie mode a function that is declared `async` has the middleware
     * open the cookie of every request.
     *
     * @default undefined
     * @throws Error with the code `ERR_SESSION_NOT_LOADED`, in cookie mode, where a function that is not declared `async`
     * gives a promise: once, since the middleware opens the cookies from then on.
     *
     * @example
     * app.use(session({ valid: (ctx, data) => data.agent === ctx.get('user-agent') }, app))
     */
    valid?: Hook<[ctx: Named<T, Koa.Context>, data: T & Envelope], unknown> | undefined

    /**
     * Runs before each save, and may change the session. A promise is awaited.
     *
     * @default undefined
     */
    beforeSave?: Hook<[ctx: Named<T, Koa.Context>, session: SessionOf<T>], void | PromiseLike<void>> | undefined
  }

  /**
   * Lists the attributes of the cookie that the package `cookies` takes, beside those above; to be augmented where
   * `ctx.cookies` takes more.
   */
  export interface CookieAttributes {
    /**
     * Limits the cookie to HTTPS. {@link Options} takes these:
     *
     * - `'auto'`, `undefined`: where the request came by HTTPS.
     * - `true`: always. A request that did not come by HTTPS gets no cookie, a new session is not written, a loaded one is;
     *   the app emits `session:uncommitted`, and the process warns once (`KOA_SESSION_RS_INSECURE`). Behind a proxy that
     *   ends TLS, `app.proxy = true` has Koa believe its `X-Forwarded-Proto`.
     * - `'force'`: always, and it is sent whatever the request looks like.
     * - `false`: never.
     * - a function of ctx that returns one of them.
     *
     * @default as with 'auto'
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
     *
     * @example
     * app.use(session({ domain: ctx => ctx.hostname.split('.').slice(-2).join('.') }, app))
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
   *   async set (id: string, record: object, maxAge: number) {
   *     await redis.set(id, JSON.stringify(record), 'PX', maxAge)
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
     * @param maxAge how long to keep it, in milliseconds: 10,000 more than the session lives, or than `storeMaxAge` says
     * for `maxAge: 'session'`
     */
    set (id: string, record: T & Envelope, maxAge: Named<T, number>, request: StoreWrite<T>): any

    /** Removes a record. */
    destroy (id: string, request: { ctx: Named<T, Koa.Context> }): any
  }

  /**
   * Marks a session store: is `Symbol.for('koa-session-rs.store')`. Its value there is the version of the contract.
   */
  export const STORE: unique symbol

  /**
   * Keeps sessions so that requests which run at the same time do not lose each other's writes, and so that a subject's
   * sessions can be listed and destroyed. `koa-session-rs/testing` has the suite that says whether a store is one.
   *
   * Methods may give their result at once or by a promise. Data are JSON text throughout: of an object, and only its
   * top-level keys are told apart. A record has a revision, which counts its writes of data and is 1 at its creation; each
   * key carries the revision of its last write.
   *
   * A record expires at the time of its last write or touch, by `Date.now()`, plus its own `maxAge`; for `'session'`, plus
   * `ttlMs`. It is expired after that millisecond, and then missing for all methods but {@link load}. What a store removes
   * by itself, it removes later.
   *
   * Values are kept as the text that they came in: parsed and written again, `1.0` would be another text. Of a session that
   * expires, is refused or taken, nothing is written, and nothing of others removed. Keys that others removed are no conflict.
   * For limits, sessions count that live, the oldest being those that were created first; the session itself does not count.
   *
   * What is stored has the SHA-256 of an id, and never the id.
   *
   * `get` and `set` are koa-session's: `get` gives the data, then `_expire` and `_maxAge`, or `_session: true`; nothing where
   * the session is missing or expired. `set` takes these off, keeps them as the record's expiry and maxAge, and replaces what
   * was there.
   *
   * @example
   * import { MemoryStore } from 'koa-session-rs/stores/memory'
   *
   * app.use(session({ store: new MemoryStore() }, app))
   */
  export interface SessionStore extends Store<any> {
    readonly [STORE]: 1

    /** Stores a new session. `'taken'`: the id is a living session's; `'refused'`: by the limit. Neither writes anything. */
    create (id: string, record: NewRecord, ttlMs: number): Awaitable<Created | 'taken' | 'refused'>

    /** Loads a session. An expired one may be given: the caller looks at `expire`. */
    load (id: string): Awaitable<LoadedRecord | undefined>

    /**
     * Merges what a request changed, and moves the expiry. Without keys in `set` and `delete` no data are written.
     * `'missing'`: the session was destroyed, got another id, expired or was evicted. `'refused'`: by the limit. Neither
     * writes anything.
     */
    merge (id: string, changes: Changes, ttlMs: number): Awaitable<Merged | 'missing' | 'refused'>

    /** Moves the expiry. */
    touch (id: string, ttlMs: number): Awaitable<Touched | 'missing'>

    /**
     * Moves what is stored under one id, with a request's changes, to another. Who writes to the first from then on gets
     * `'missing'`. `'taken'`: the second is a living session's.
     */
    regenerate (
      oldId: string, newId: string, changes: Changes, ttlMs: number
    ): Awaitable<Merged | 'missing' | 'taken' | 'refused'>

    /** Destroys a session, and gives whether there was one. */
    destroy (id: string): Awaitable<boolean>

    /** Lists a subject's sessions, the oldest first. */
    list (subject: string): Awaitable<ListedSession[]>

    /** Destroys a subject's sessions, and gives how many. */
    destroyAll (subject: string, which?: WhichSessions): Awaitable<number>

    /** Destroys all sessions. */
    clear (): Awaitable<void>

    /** Ends the store when its pending writes are done. */
    close (): Awaitable<void>
  }

  /** Is a session that is to be stored. */
  export interface NewRecord {
    /** Is the JSON of the user's keys. */
    data: string
    /**
     * Is how long the session lives after each write or touch, in milliseconds, or `'session'`. A store that keeps whole
     * milliseconds rounds a fraction up; below zero the session has expired when it is written.
     */
    maxAge: number | 'session'
    /** Says whose it is. */
    subject?: string | undefined
    /** Names it in lists. */
    label?: string | undefined
    /** Holds for its subject. */
    limit?: SessionLimit | undefined
  }

  /** Is a session as it was stored. */
  export interface LoadedRecord {
    /** Is the JSON of the user's keys. */
    data: string
    /** Counts the writes of data. */
    rev: number
    /** Is when the session expires, in milliseconds since 1970. */
    expire: number
    /** Is how long it lives after each write or touch. */
    maxAge: number | 'session'
    /** Tells whether the store knows whose it is. */
    hasSubject: boolean
  }

  /** Is what a request changed since it loaded a session. */
  export interface Changes {
    /** Is the record's revision at the load. */
    base: number
    /** Is the JSON of the keys that were added or changed; empty where there are none. */
    set: string
    /** Lists the keys that are gone. */
    delete: string[]
    /** Is the new time to live, where the request assigned one. */
    maxAge?: number | 'session' | undefined
    /** Says whose the session is from now on, where that changed; `null`: nobody's. */
    subject?: string | null | undefined
    /** Names it in lists from now on. */
    label?: string | undefined
    /** Holds for the subject that the session comes to. One that it had is not asked for again. */
    limit?: SessionLimit | undefined
  }

  /** Tells of a session that was created. */
  export interface Created {
    rev: number
  }

  /** Tells of a session whose expiry was moved. */
  export interface Touched {
    /**
     * Is how long the record lives after this and each later write or touch: what was written now, else what was there,
     * whoever gave it. The session's cookie is sent with it.
     */
    maxAge: number | 'session'
  }

  /** Tells of changes that were written. */
  export interface Merged extends Touched {
    rev: number
    /** Lists the keys in `set` that others wrote after `base`. */
    conflicts: string[]
  }

  /** Limits a subject's sessions. */
  export interface SessionLimit {
    /** Is how many there may be: at least 1. */
    max: number
    /** Says what is done beyond that: the oldest sessions are destroyed, or the new one is refused. */
    overflow: 'oldest' | 'refuse'
  }

  /** Is a session in its subject's list. */
  export interface ListedSession {
    /** Is the SHA-256 of its id, in URL-safe base64. */
    hash: string
    /** Is when it was created, in milliseconds since 1970. A new id does not change that. */
    created: number
    /** Is when it was last saved or touched. */
    seen: number
    /** Is what the option `label` gave; absent where that gave none. */
    label?: string
  }

  /** Narrows a subject's sessions by their hashes: all but one, or one alone. */
  export interface WhichSessions {
    except?: string | undefined
    only?: string | undefined
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
    /** Tells whether the data differ from what the store holds under this id; always `true` under a new one. */
    changed: boolean
  }

  /** Reads and writes the ids of sessions. */
  export interface ExternalKey<T = Data> {
    /** Reads the id that the client sent, or gives a promise of it: something falsy where it sent none. */
    get (ctx: Named<T, Koa.Context>): Awaitable<string | null | undefined>
    /** Sends the id to the client. A promise is awaited. */
    set (ctx: Named<T, Koa.Context>, id: string): void | PromiseLike<void>
    /**
     * Takes the id back from the client, at `null` and before a new one is sent. A promise is awaited. Where there is no
     * such method, the cookie is expired.
     */
    remove? (ctx: Named<T, Koa.Context>): void | PromiseLike<void>
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
   * Lists the events that the app emits, by name, with what their listeners get. They come on a later turn of the event
   * loop, and what a listener throws goes to the app's `'error'` event.
   *
   * The first three are koa-session's: their `key` is the id as the client sent it, which is a secret. In the others it is
   * hashed.
   *
   * @example
   * app.on('session:saved', ({ key, reason }: SessionEvents['session:saved']) => {
   *   console.log('saved', key, reason)
   * })
   */
  export interface SessionEvents<T = Data> {
    /** Tells that there are no data: the store has no record of the id, or may not be asked for it. */
    'session:missed': SessionEvent<T>
    /** Tells that the time of a session has passed. */
    'session:expired': SessionEvent<T>
    /** Tells that `valid` refused a session, or that what came in is no object. */
    'session:invalid': SessionEvent<T>
    /** Tells that a new session was written for the first time. */
    'session:created': LifecycleEvent<T>
    /** Tells that a session was written, and why; also at the first time. */
    'session:saved': SavedEvent<T>
    /** Tells that a session was ended by `null`, by `destroy()` or by `revoke()`. */
    'session:destroyed': LifecycleEvent<T>
    /** Tells that a session got a new id, which is the one in `key`; in cookie mode, that it was asked for. */
    'session:regenerated': LifecycleEvent<T>
    /** Tells that a cookie was sent which is larger than browsers take. */
    'session:oversize': OversizeEvent<T>
    /** Tells that the session's cookie could not be sent. */
    'session:uncommitted': UncommittedEvent<T>
    /**
     * Tells that a commit was dropped, since the session had been destroyed after this request loaded it; with a
     * {@link SessionStore}, also since it had got another id, expired or been evicted.
     */
    'session:discarded': LifecycleEvent<T>
    /** Tells that keys were written over which other requests had written after this one loaded the session. */
    'session:conflict': ConflictEvent<T>
    /**
     * Tells that a cookie came whose signature is by none of the keys: somebody altered or made it, or its key was removed from
     * `app.keys`, which cannot be told apart. The request has a new session. It comes once a request, when the cookie is read;
     * not where there is no cookie or no signature, nor with `signed: false` or `externalKey`, nor if another cookie of the name
     * verifies. Its `key` is the hash of the id that the cookie claims (SECURITY.md: how to watch).
     *
     * Through a `ctx.cookies` or a Keygrip of the app's own, it is told where `ctx.cookies.get` drops the signature, as the package
     * cookies does; that looks at the first cookie of the name alone.
     *
     * @example
     * app.on('session:forged', ({ ctx }: SessionEvents['session:forged']) => {
     *   console.warn('forged session cookie', ctx.ip)
     * })
     */
    'session:forged': LifecycleEvent<T>
  }

  /**
   * Names the events.
   *
   * @example
   * app.on('session:expired', (event: SessionEvent) => {
   *   console.log('expired', event.value)
   * })
   */
  export type SessionEventName = keyof SessionEvents

  /** Tells what became of the session that a client sent. */
  export interface SessionEvent<T = Data> {
    /** Is the id as the client sent it; `undefined` in cookie mode. */
    key: string | undefined
    /** Is what was read under it, or in the cookie. */
    value: (T & Envelope) | null | undefined
    /** Is the request's context. */
    ctx: Named<T, Koa.Context>
    /** Is the option `as` of the session; absent where that was not given. */
    name?: string | undefined
  }

  /** Tells what was done to a session. */
  export interface LifecycleEvent<T = Data> {
    /** Is the SHA-256 of the id, in URL-safe base64; `undefined` in cookie mode, and where there is no id yet. */
    key: string | undefined
    /** Is the request's context. */
    ctx: Named<T, Koa.Context>
    /** Is the option `as` of the session, or `'session'`. */
    name: string
  }

  /** Tells which keys two requests wrote at the same time. The later commit won. */
  export interface ConflictEvent<T = Data> extends LifecycleEvent<T> {
    keys: string[]
  }

  /** Tells why a session was written. */
  export interface SavedEvent<T = Data> extends LifecycleEvent<T> {
    reason: SaveReason
  }

  /**
   * Says why a session was written: its data changed; `rolling`; `renew`; or it was asked for, by `save()`, `regenerate()`,
   * `touch()`, `maxAge` or `_requireSave`.
   */
  export type SaveReason = 'changed' | 'rolling' | 'renew' | 'forced'

  /** Tells how large a cookie is. */
  export interface OversizeEvent<T = Data> extends LifecycleEvent<T> {
    /** Counts the bytes of its name and value. */
    bytes: number
    /** Is what browsers take: 4096. */
    limit: number
  }

  /** Tells why a cookie could not be sent. */
  export interface UncommittedEvent<T = Data> extends LifecycleEvent<T> {
    /**
     * Is `'insecure'` where `secure` is true and the connection is not, `'headers-sent'` where the headers had left,
     * `'no-response'` where the context was made of a request alone (`app.createContext(req)`), `'asynchronous'` where `early`
     * would have had to await `beforeSave`, `genid` or `externalKey.set`, and `'failed'` where one of the app's hooks threw
     * while the headers left (`early`).
     */
    reason: 'insecure' | 'headers-sent' | 'no-response' | 'asynchronous' | 'failed'
  }

  /**
   * Lists the channels of `node:diagnostics_channel`, by name, with what their subscribers get. They are published to at
   * once, and cost nothing without subscribers.
   *
   * @example
   * import diagnostics from 'node:diagnostics_channel'
   * import type { SessionChannels } from 'koa-session-rs'
   *
   * diagnostics.subscribe('koa-session-rs:save', (message) => {
   *   const { name, reason } = message as SessionChannels['koa-session-rs:save']
   *   console.log(name, reason)
   * })
   */
  export interface SessionChannels<T = Data> {
    /** Tells that a session was loaded, or begun. */
    'koa-session-rs:load': LoadMessage<T>
    /** Tells that a session was written, and why. */
    'koa-session-rs:save': SavedEvent<T>
    /** Tells that a session was ended by `null`, by `destroy()` or by `revoke()`. */
    'koa-session-rs:destroy': LifecycleEvent<T>
    /** Tells that a cookie came whose signature is by none of the keys: see `session:forged`. */
    'koa-session-rs:forged': LifecycleEvent<T>
  }

  /** Tells whether a session was loaded or begun. */
  export interface LoadMessage<T = Data> extends LifecycleEvent<T> {
    isNew: boolean
  }

  /**
   * Lists the codes of this package's errors.
   *
   * | code | when | fields |
   * |---|---|---|
   * | `ERR_SESSION_OPTION` | an option, a maxAge or what an attribute's function gave is not what it has to be: {@link SessionOptionError} | `option`, `expected`, `received` |
   * | `ERR_SESSION_BINDING` | the package is loaded, and its native addon cannot be | `package`, `platform`, `arch`, `libc`, `cause`, `causes` |
   * | `ERR_SESSION_NODE` | the package, or a part of it, is loaded by a Node that is older than its package.json says | `expected`, `received` |
   * | `ERR_SESSION_ID` | `genid` gave what cannot be an id; a store of this package is asked for an id that is no well-formed text | |
   * | `ERR_SESSION_VALUE` | the data hold a BigInt, which JSON does not have: the message names its path; `subject` leads to what names nobody; a store of this package is asked to list or destroy the sessions of such a one | |
   * | `ERR_SESSION_NOT_LOADED` | `ctx.session` is used before a `lazy` session is loaded, or before an asynchronous `valid` has answered | |
   * | `ERR_SESSION_IGNORED` | something is assigned to `ctx.session` where `ignore` left none | |
   * | `ERR_SESSION_HEADERS_SENT` | a new id is asked for when the headers have left, or where there is no response | |
   * | `ERR_SESSION_UNKNOWN` | {@link of} is asked for a session that the app does not have; a copy of a session, or a Proxy before one, is asked to save it or given a `maxAge` | |
   * | `ERR_SESSION_ID_TAKEN` | `genid` gave ids of other sessions for a new one | |
   * | `ERR_SESSION_LIMIT` | `maxSessions` refuses a session; the message is Koa's answer, and written for visitors | `status`, `expose` |
   * | `ERR_SESSION_STORE` | a store of this package, or an adapter's, failed; a store or hook of the app threw something else than an Error, which is the `cause` | `reason`, often `cause`, and what the types of the stores say |
   * | `ERR_SESSION_RECORD` | a store of this package is given text that is no JSON | |
   * | `ERR_SESSION_SUBJECT` | sessions are to be listed or revoked without the option `subject` | |
   */
  export type ErrorCode =
    | 'ERR_SESSION_OPTION'
    | 'ERR_SESSION_BINDING'
    | 'ERR_SESSION_NODE'
    | 'ERR_SESSION_ID'
    | 'ERR_SESSION_VALUE'
    | 'ERR_SESSION_NOT_LOADED'
    | 'ERR_SESSION_IGNORED'
    | 'ERR_SESSION_HEADERS_SENT'
    | 'ERR_SESSION_UNKNOWN'
    | 'ERR_SESSION_ID_TAKEN'
    | 'ERR_SESSION_LIMIT'
    | 'ERR_SESSION_STORE'
    | 'ERR_SESSION_RECORD'
    | 'ERR_SESSION_SUBJECT'

  /**
   * Lists the codes of the warnings, each of which `process.emitWarning` gives once a process.
   *
   * | code | when | what ends it |
   * |---|---|---|
   * | `KOA_SESSION_RS_INSECURE` | `secure: true` and a connection that is not | `app.proxy`, `secure: 'auto'` or `'force'` |
   * | `KOA_SESSION_RS_OVERSIZE` | a cookie of over 4096 bytes was sent | fewer data, or `store` |
   * | `KOA_SESSION_RS_UNDERSCORE` | the app set a key that begins with `_`, and it was not saved | another name, or `underscoreKeys` |
   * | `KOA_SESSION_RS_SHARED` | `session()` was called twice for one app | `as` |
   * | `KOA_SESSION_RS_MAXAGE` | `maxage` was given; a DeprecationWarning, not in production | `maxAge` |
   * | `KOA_SESSION_RS_SAMESITE` | the cookie has `SameSite=None` and is not Secure; not in production | HTTPS; `secure: 'force'` |
   * | `KOA_SESSION_RS_PARTITIONED` | the cookie is Partitioned and not Secure; not in production | HTTPS; `secure: 'force'` |
   * | `KOA_SESSION_RS_SECURE_PREFIX` | a cookie named `__Secure-` is not Secure; not in production | HTTPS; `secure: 'force'` |
   * | `KOA_SESSION_RS_HOST_PREFIX` | a cookie named `__Host-` is not Secure, has a domain, or another path than `/`; not in production | HTTPS, `secure: 'force'`; no `domain`, no `path` |
   * | `KOA_SESSION_RS_KEYS` | `app.keys` has a key of fewer than 8 bytes; not in production | 32 random bytes |
   * | `KOA_SESSION_RS_OPTION` | a name is nearly that of an option; not in production | the name that was meant |
   * | `KOA_SESSION_RS_STORELESS` | `lazy` or `merge` is given without a store; not in production | a store |
   * | `KOA_SESSION_RS_ADAPTER` | the store is one of express-session, which does not know how long sessions live here | `connectStore` of koa-session-rs/adapters/connect |
   * | `KOA_SESSION_RS_CLOCK` | the clock of a Redis server is more than a minute ahead of this machine's, or behind | clocks that are set |
   */
  export type WarningCode =
    | 'KOA_SESSION_RS_INSECURE'
    | 'KOA_SESSION_RS_OVERSIZE'
    | 'KOA_SESSION_RS_UNDERSCORE'
    | 'KOA_SESSION_RS_SHARED'
    | 'KOA_SESSION_RS_MAXAGE'
    | 'KOA_SESSION_RS_SAMESITE'
    | 'KOA_SESSION_RS_PARTITIONED'
    | 'KOA_SESSION_RS_SECURE_PREFIX'
    | 'KOA_SESSION_RS_HOST_PREFIX'
    | 'KOA_SESSION_RS_KEYS'
    | 'KOA_SESSION_RS_OPTION'
    | 'KOA_SESSION_RS_STORELESS'
    | 'KOA_SESSION_RS_ADAPTER'
    | 'KOA_SESSION_RS_CLOCK'

  /** Is thrown for an option that is not what it has to be, and where the app is missing. */
  export interface SessionOptionError extends TypeError {
    code: 'ERR_SESSION_OPTION'
    /** Names the option, or `app`. */
    option: string
    /** Says what the option has to be. */
    expected: string
    /** Names the type of what was given, never the value. */
    received: string
    /** Is what a schema of {@link OptionsSchema.extend} threw, which may quote the value; absent elsewhere. */
    cause?: unknown
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

  /** Is what a schema gives. */
  type OutputOf<Schema> =
    Schema extends { parse (value: any): infer Output } ? Output
      : Schema extends { safeParse (value: any): infer Result } ? Extract<Result, { success: true, data: unknown }>['data']
        : never

  /** Is what the schemas of a shape give. An option that may be undefined may be absent. */
  type OutputOfShape<Shape> =
    & { [K in keyof Shape as undefined extends OutputOf<Shape[K]> ? never : K]: OutputOf<Shape[K]> }
    & { [K in keyof Shape as undefined extends OutputOf<Shape[K]> ? K : never]?: OutputOf<Shape[K]> }

  /** Has what `z.infer` reads, for the types alone: nothing of it is there at run time. */
  export interface InferredByZod<Output> extends OnlyZod {
    /** @hidden */ readonly _type: Output
    /** @hidden */ readonly _output: Output
    /** @hidden */ readonly _input: unknown
    /** @hidden */ readonly _zod: { output: Output, input: unknown }
  }

  /** Has the other members of zod's ZodType, without which `z.infer` refuses a type: never, so that none can be used. */
  type OnlyZod = {
    readonly [Name in
    | '_def' | 'description' | '~standard' | '~validate' | '_parse' | '_getType' | '_getOrReturnCtx' | '_processInputParams'
    | '_parseSync' | '_parseAsync' | 'parseAsync' | 'safeParseAsync' | 'spa' | 'refine' | 'refinement' | '_refinement'
    | 'superRefine' | 'optional' | 'nullable' | 'nullish' | 'array' | 'promise' | 'or' | 'and' | 'transform' | 'default' | 'brand'
    | 'catch' | 'describe' | 'pipe' | 'readonly' | 'isOptional' | 'isNullable']: never
  }

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

  /** Is what {@link Options} takes for an option beside its values. */
  type OnlyGiven<T, K> =
    K extends 'secure' ? 'auto' | 'force' | OfContext<T, boolean | 'auto' | 'force'>
      : K extends 'domain' | 'path' | 'sameSite' | 'httpOnly' | 'priority' | 'partitioned' | 'expires'
        ? OfContext<T, SessionOptions[K]>
        : never

  /** Is an attribute as a function of the request's context. */
  type OfContext<T, Value> = Hook<[ctx: Named<T, Koa.Context>], Value | null | undefined>

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
