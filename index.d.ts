import type Koa = require('koa')

/**
 * Makes the session middleware of a Koa app, and adds `ctx.session`, `ctx.sessionOptions`, `ctx.commitSession()` and
 * `ctx.regenerateSession()` to the app's contexts.
 *
 * `T` is the type of the session's data in `store`, `valid`, `beforeSave`, `encode` and `decode`. It defaults to
 * {@link session.SessionData}; if the app has not augmented that either, data and contexts are `any` there.
 *
 * @throws {@link session.SessionOptionError} if the app is missing or an option is invalid.
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
// `app` has to be an App. Its type also includes the options, only for the sake of compile errors. If the options come first and one of
// them is wrong, TypeScript reports an error for each signature. The error for this one then names the option, not a property of App.
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
   * Returns the handle of a request's session, with the methods that `ctx.session` does not have. It may also be called before the
   * middleware of `session()` has run.
   *
   * @param ctx the context of the request
   * @param name the session's option `as`, or `'session'`
   * @throws Error with the code `ERR_SESSION_UNKNOWN`, if the app has no session with this name.
   *
   * @example
   * app.use(async ctx => {
   *   const handle = session.of(ctx)
   *   await handle.regenerate({ keep: ['language'] })
   *   ctx.body = handle.id
   * })
   */
  export function of<C extends object, N extends string = 'session'> (ctx: C, name?: N): SessionHandle<SessionAt<C, N>>

  /** The middleware: loads the session in store mode, runs the rest of the app, and commits the session. */
  export type Middleware = (ctx: any, next: any) => Promise<void>

  /** A Koa app of any version, with any type parameters. */
  export interface App {
    use: (...args: any[]) => any
  }

  /* ---------------------------------------------------------------- ctx.session */

  /**
   * The data of the app's sessions. This interface is empty; the app augments it with its keys.
   *
   * Then the type of `ctx.session` is {@link Session} with these keys, on contexts of any type, and unknown keys are compile
   * errors. Make the keys optional, since a new session is empty. Without augmentation, the types do not change Koa's contexts, as
   * in koa-session 7: `ctx.session` is `any`, or what the app itself declares.
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

  /** A session without the app's data; with any key if the app has not augmented {@link SessionData}. */
  export interface Session extends SessionMembers {}

  /**
   * The members of every session, beside the app's data.
   *
   * An object that inherits from a session (`Object.create(ctx.session)`) has them too. A copy of a session, and a Proxy around
   * one, only have the data: there `isNew`, `_expire`, `_requireSave`, `maxAge` and `externalKey` are `undefined`, and the methods
   * that save throw a `TypeError` with the code `ERR_SESSION_UNKNOWN`.
   */
  export interface SessionBase {
    /** Whether this request created the session. */
    readonly isNew: boolean

    /**
     * The session's lifetime after a save, in milliseconds, or `'session'` for one that ends with the browser; `undefined` if
     * neither the options nor the loaded session have one.
     *
     * Assigning to it forces a save. The value is stored with the session, and applies to later requests too. If the store merges
     * concurrent commits, a commit that does not assign it keeps the value that another request assigned since the load; after the
     * commit, that value is read here, and the cookie has it.
     *
     * @throws {@link SessionOptionError} for NaN, infinite numbers and other strings: `Invalid input: option maxAge …`
     */
    maxAge: number | 'session' | undefined

    /** The number of the app's keys in the session. */
    readonly length: number

    /** Whether the session has any of the app's keys. */
    readonly populated: boolean

    /**
     * The session's id in the store, after `regenerate()` the new one; `undefined` in cookie mode, and until an asynchronous
     * `genid` has resolved.
     */
    readonly externalKey: string | undefined

    /** When the loaded session expires, in milliseconds since 1970; `undefined` for a new session. */
    _expire?: number | undefined

    /** Forces a save at the commit if it is `true`. */
    _requireSave: boolean

    /**
     * Saves the session now, changed or not, empty or not: writes to the store, if there is one, and sets the cookie.
     * With a callback it returns no promise, and the callback receives the error, if any.
     */
    save (): Promise<void>
    save (callback: Callback | undefined): Promise<void> | undefined

    /**
     * Destroys the record, and saves the same data under a new id: for logins. In cookie mode, which has no ids, it only saves.
     *
     * @throws Error with the code `ERR_SESSION_HEADERS_SENT`, if the new id cannot be sent: the headers were sent, or there is no
     * response.
     *
     * @example
     * await ctx.session.regenerate()
     */
    regenerate (): Promise<void>
    regenerate (callback: Callback | undefined): Promise<void> | undefined

    /** Saves the session if it needs saving (it changed, or `rolling`, `renew` or `maxAge` require it): for `autoCommit: false`. */
    manuallyCommit (): Promise<void>

    /** Saves the session if it needs saving; the options force a save, or a new id. */
    commit (options?: CommitOptions): Promise<void>
    // The type includes CommitOptions for the sake of compile errors, as in session() above.
    commit (callback: Callback | (CommitOptions & Callback)): undefined
    commit (options: CommitOptions | undefined, callback: Callback | undefined): Promise<void> | undefined

    /**
     * Copies the data that are saved into a plain object: the session's own enumerable keys, without functions, and without keys
     * that begin with `_` unless `underscoreKeys` is on. `__proto__` is never a key: a value assigned to it is dropped.
     */
    toJSON (): Record<string, unknown>
  }

  /** Options of {@link SessionBase.commit}. */
  export interface CommitOptions {
    /**
     * Forces a save, as `save()` does.
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

  /** A function that is called when a commit is done, with the error if it failed. */
  export type Callback = (error?: any) => void

  /* ---------------------------------------------------------------- session.of(ctx) */

  /** Further methods of a request's session, on an object of their own so that the app may use any key for its data: see {@link of}. */
  export interface SessionHandle<S = any> {
    /** The session's id in the store; `undefined` in cookie mode, and while it has none. */
    readonly id: string | undefined

    /** Whether this request created the session; `undefined` before it is loaded, and if it is null. */
    readonly isNew: boolean | undefined

    /**
     * When the session was created, in milliseconds since 1970; `undefined` before its first save, and without `absoluteTimeout`
     * and `idleTimeout`.
     */
    readonly createdAt: number | undefined

    /** When the session ends, in milliseconds since 1970: the nearest of its limits; `undefined` if there is none. */
    readonly expiresAt: number | undefined

    /**
     * When the user authenticated last, in milliseconds since 1970: by {@link authenticate}, or when the session got its subject;
     * `undefined` if that is not known.
     */
    readonly authenticatedAt: number | undefined

    /**
     * Returns whether the user has authenticated within the last `ms` milliseconds.
     *
     * @example
     * app.use(async (ctx, next) => {
     *   if (ctx.path === '/payment' && !session.of(ctx).isFresh(5 * 60_000)) return ctx.redirect('/password')
     *   await next()
     * })
     */
    isFresh (ms: number): boolean

    /**
     * Notes that the user has authenticated now, and gives the session a new id. Call it after each check of a password.
     *
     * @throws Error with the code `ERR_SESSION_TIMES`, without the options `absoluteTimeout` and `idleTimeout`; and as
     * {@link regenerate}.
     */
    authenticate (): Promise<void>

    /**
     * Loads the session, if that was not done before, and returns it. Needed with `lazy`; otherwise the middleware has loaded it,
     * or this opens the cookie.
     *
     * Returns `null` if `ignore` left the request without a session, and after `ctx.session = null`.
     *
     * The context may have a request only, such as the upgrade request of a web socket:
     * `session.of(app.createContext(request)).load()`.
     */
    load (): Promise<S>

    /** Discards this request's unsaved changes, loads the session again, and returns it. */
    reload (): Promise<S>

    /**
     * Destroys the record and expires the cookie now, as `ctx.session = null` and `commit()` do.
     *
     * @throws Error with the code `ERR_SESSION_IGNORED`, if `ignore` left the request without a session.
     */
    destroy (): Promise<void>

    /** Saves the session, changed or not, so that its lifetime starts again. */
    touch (): Promise<void>

    /**
     * Destroys the record, and saves the session under a new id. In cookie mode, which has no ids, it only saves.
     *
     * @throws Error with the code `ERR_SESSION_HEADERS_SENT`, if the new id cannot be sent: the headers were sent, or there is no
     * response.
     */
    regenerate (how?: RegenerateOptions): Promise<void>

    /**
     * Saves the session if it needs saving, as at the end of the request; after `ctx.session = null`, ends it.
     *
     * @throws Error with the code `ERR_SESSION_LIMIT` and the `status` 409, if `maxSessions` refuses the session;
     * `ERR_SESSION_ID_TAKEN`, if `genid` returned ids of existing sessions twice.
     */
    commit (): Promise<void>

    /**
     * Lists the saved sessions of this session's subject, the oldest first; an empty list if it has no subject.
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
     * Destroys a session of the same subject, and returns whether it existed. For this request's own session, it also expires the
     * cookie.
     *
     * @param hash the `hash` of {@link list}, also as it comes in `ctx.query`; any other value finds no session
     * @throws Error with the code `ERR_SESSION_SUBJECT`, without the option `subject`.
     */
    revoke (hash: string | string[] | undefined): Promise<boolean>

    /**
     * Destroys all other sessions of the same subject ('log out my other devices'), and returns their number. With `revocations`, which
     * does not count them, it authenticates this session, and returns nothing.
     *
     * @throws Error with the code `ERR_SESSION_SUBJECT`, without the option `subject`.
     */
    revokeOthers (): Promise<number | undefined>

    /**
     * Destroys all sessions of the same subject, this one included, and returns their number; with `revocations` nothing.
     *
     * @throws Error with the code `ERR_SESSION_SUBJECT`, without the option `subject`.
     */
    revokeAll (): Promise<number | undefined>
  }

  /** One of a subject's sessions, as {@link SessionHandle.list} returns it. */
  export interface SessionListing extends ListedSession {
    /** Whether it is the session of this request. */
    current: boolean
  }

  /** Which data a session keeps when it gets a new id. */
  export interface RegenerateOptions {
    /**
     * Removes the data.
     *
     * @default false
     */
    clear?: boolean | undefined

    /**
     * Lists the keys to keep; all others are removed.
     *
     * @default undefined
     */
    keep?: readonly string[] | undefined
  }

  /** The type of a context's property with this name, if the context's type has it. */
  type SessionAt<C, N extends string> = 0 extends 1 & C ? any : N extends keyof C ? C[N] : any

  /**
   * What this package adds to Koa's contexts. Declarations on Koa's `BaseContext`, by the app or by an installed
   * `@types/koa-session`, take precedence.
   */
  export interface SessionContext {
    /**
     * The session of this request: an empty one if the client sent none or an invalid one; `null` after `ctx.session = null`, and
     * if `ignore` left the request without one. `koa-session-rs/strict` has this `null` in the type.
     *
     * In store mode the middleware loads the session; in cookie mode the first read opens the cookie.
     *
     * @throws Error with the code `ERR_SESSION_NOT_LOADED`, with `lazy` before `session.of(ctx).load()`.
     */
    get session (): OnBaseContext<'session', Strict extends true ? CurrentSession | null : CurrentSession>

    /**
     * Replaces the session's data by the keys of an object, under the same id. `null` ends the session: the commit destroys the
     * record and expires the cookie. An object assigned after `null` is saved as a new session, with a new id.
     *
     * @throws Error `this.session can only be set as null or an object.`; with the code `ERR_SESSION_NOT_LOADED` for an
     * object before a `lazy` session is loaded; with `ERR_SESSION_IGNORED` if `ignore` left the request without a session.
     */
    set session (value: object | null)

    /**
     * This request's copy of the options. You may change it, such as domain, path, maxAge or secure, for this request only. The
     * first read calls the attributes that are functions of ctx.
     */
    readonly sessionOptions: OnBaseContext<'sessionOptions', RequestOptions>

    /**
     * Saves the session if it needs saving, or ends it after `ctx.session = null`: for `autoCommit: false`.
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

  /** The type of ctx.session, without null. */
  type CurrentSession = Session & SessionData

  /* ---------------------------------------------------------------- options */

  /**
   * The options of {@link createSession}, all of them optional. {@link SessionOptions} and {@link CookieAttributes} describe them.
   *
   * Each request reads the options again, so that a change after the start takes effect; your object is never changed. Other
   * attributes are passed to `ctx.cookies` unchanged; they compile if {@link CookieAttributes} is augmented with them, or if the
   * options are not an object literal in the call.
   *
   * `domain`, `path`, `secure`, `sameSite`, `httpOnly`, `priority`, `partitioned` and `expires` may be functions of ctx. Each is
   * called once per request, when a cookie is set or expired, or `ctx.sessionOptions` is read. `undefined` and `null` mean the
   * attribute's default. The result is checked before a cookie is sent.
   *
   * @throws {@link SessionOptionError} at the commit, if a function returned a value that is invalid in a cookie, such as one with
   * `;` or control characters.
   *
   * @example
   * app.use(session({ domain: ctx => ctx.hostname.endsWith('.example.com') ? 'example.com' : undefined }, app))
   */
  export type Options<T = Data> = { [K in keyof SessionOptions<T>]?: SessionOptions<T>[K] | OnlyGiven<T, K> | undefined }

  /** The options, with cookie attributes as values. If yours are functions of ctx, use {@link Options}. */
  export type CreateSessionOptions<T = Data> = { [K in keyof SessionOptions<T>]?: SessionOptions<T>[K] | undefined }

  /** The type of `ctx.sessionOptions`: the options of one request, which may be changed. */
  export interface RequestOptions extends Omit<SessionOptions, 'secure'> {
    /** Limits the cookie to HTTPS: see {@link CookieAttributes.secure}. `undefined` means `'auto'`. */
    secure?: boolean | 'force' | undefined
  }

  /** Checks options and fills in the defaults. Packages that are built on sessions add their own options with `extend`. */
  export const SessionOptions: OptionsSchema<SessionOptions>

  /**
   * Checks options, with those methods of koa-session 7's zod schema that packages use, but without zod. `z.infer` of zod 3 and 4
   * gives `Output`; it has no other methods of zod, and cannot be nested in a zod schema.
   */
  export interface OptionsSchema<Output = SessionOptions> extends InferredByZod<Output> {
    /**
     * Checks options, and returns a new object with them and the defaults of the others. It leaves out unknown options, and
     * attributes that only `cookies` checks, such as `domain` and `path`. Attributes that are functions of ctx stay functions.
     *
     * @throws {@link SessionOptionError} for the first invalid option. If a schema given to `extend` refused it, that schema's
     * error is the `cause`.
     */
    parse (options: unknown): Output

    // Only for z.infer, which refuses a type whose safeParse returns other errors than zod's. `never` prevents calls of it.
    safeParse (options: unknown, params: never): never
    /**
     * Checks options like `parse`, but returns the error instead of throwing it.
     *
     * @example
     * import { SessionOptions } from 'koa-session-rs'
     *
     * const result = SessionOptions.safeParse({ maxAge: 'soon' })
     * if (!result.success) console.error(result.error.option, result.error.expected)
     */
    safeParse (options: unknown): ParsedOptions<Output>

    /**
     * Adds options, each with a schema that checks it and has its default, and returns a new schema, which may be extended again. A
     * schema for an option of this package replaces that option's check and default.
     *
     * @param shape a schema for each option: zod's, or any object with `parse` or `safeParse`
     * @throws {@link SessionOptionError} for an invalid shape.
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

  /** The result of {@link OptionsSchema.safeParse}. */
  export type ParsedOptions<Output> =
    | { success: true, data: Output, error?: never }
    | { success: false, data?: never, error: SessionOptionError }

  /** A schema for each added option: see {@link OptionsSchema.extend}. */
  export interface OptionsShape {
    [option: string]: { parse (value: unknown): unknown } | { safeParse (value: unknown): SafelyParsed }
  }

  /** The result of a schema's `safeParse`. */
  type SafelyParsed = { success: true, data: unknown } | { success: false, error: unknown }

  /** The options with their defaults filled in, as `ctx.sessionOptions` has them. */
  export interface SessionOptions<T = Data> extends CookieAttributes {
    /**
     * Names the cookie.
     *
     * @default 'koa.sess'
     */
    key: string

    /**
     * Sets how long a session lives after a save, in milliseconds, or `'session'`: the browser then drops the cookie when it is
     * closed, but on the server the session never expires, so that a stolen cookie stays valid.
     *
     * By default a session and its record live for one day (86,400,000 ms). But then a session's first cookie has no `expires`, and
     * ends with the browser; later ones have it.
     *
     * Fractions of a millisecond are allowed; the stores of this package round up to whole ones. For a time beyond what a date can
     * hold, such as 1e300, the cookie has `expires=Invalid Date`, as in koa-session.
     *
     * @default undefined
     * @throws {@link SessionOptionError} for NaN, infinite numbers and other strings: `Invalid input: option maxAge …`
     */
    maxAge?: number | 'session' | undefined

    /**
     * Sets `maxAge`, in its old spelling. Warns outside production.
     *
     * @deprecated Write `maxAge`.
     */
    maxage?: number | 'session' | undefined

    /**
     * Commits the session when the rest of the app has run, also if it threw. With `false`, the app has to await
     * `ctx.commitSession()`, or `ctx.session.manuallyCommit()` if the session is not null.
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
     * Signs the cookie with the first key of `app.keys`, and accepts only cookies signed with one of these keys.
     *
     * @default true
     * @throws Error `.keys required for signed cookies` when a cookie is read or written, if the app has no keys.
     */
    signed: boolean

    /**
     * Saves the session on every response, so that its lifetime starts again with each request. In cookie mode it does so only if the
     * app used `ctx.session` in the request, unless `rollUntouched` is on.
     *
     * @default false
     */
    rolling: boolean

    /**
     * Saves the session when less than half of its `maxAge` is left, so that active users stay logged in. In cookie mode it does so
     * only if the app used `ctx.session` in the request, unless `rollUntouched` is on.
     *
     * @default false
     */
    renew: boolean

    /**
     * Opens the cookie on every request, so that `rolling` and `renew` also apply when the app did not use the session. For cookie
     * mode; in store mode the session is always loaded.
     *
     * @default false
     */
    rollUntouched?: boolean | undefined

    /**
     * Sets the cookie just before the headers are sent, for responses that send them before the middleware ends: `ctx.respond = false`,
     * `res.write`, `res.writeHead`, `res.flushHeaders`, a pipe to `ctx.res`. Does nothing with `autoCommit: false`.
     *
     * Later changes are saved if there is a store and the browser has the id, and lost in cookie mode; both emit
     * `session:uncommitted`. An asynchronous `beforeSave` cannot be awaited at that point, so in cookie mode no cookie is sent. If a
     * hook throws, the headers are sent without the cookie, and the error goes to the app's `'error'` listeners. With a store, the
     * cookie gets the `maxAge` known at that point, even if a concurrent request has set another one.
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
     * Names the property of ctx for this session, so that an app may have several sessions, each with its own `key`. The events of
     * the session have this name, and {@link of} takes it. `ctx.sessionOptions`, `ctx.commitSession()` and
     * `ctx.regenerateSession()` belong to the app's first session.
     *
     * Without `as`, a second `session()` of an app shares the session and the options of the first, and the process warns
     * once (`KOA_SESSION_RS_SHARED`).
     *
     * @default undefined: the property is ctx.session
     * @throws {@link SessionOptionError} if another session of the app has this name, or a cookie with the name `key` or
     * `key` + `.sig`.
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
     * Decides which requests have no session. If it returns something truthy, nothing is read and nothing is sent, `ctx.session` is
     * null, and assigning to it throws. It is called once per request, when the session is first needed.
     *
     * @default undefined
     * @throws Error with the code `ERR_SESSION_IGNORED`, if something is assigned to `ctx.session` in such a request.
     *
     * @example
     * app.use(session({ ignore: ctx => ctx.path === '/health' }, app))
     */
    ignore?: Hook<[ctx: Named<T, Koa.Context>], unknown> | undefined

    /**
     * Saves keys that begin with `_`, except `_expire`, `_maxAge`, `_session`, `_requireSave` and `__proto__`. If it is off, such a
     * key is not saved, and the process warns once and names the key (`KOA_SESSION_RS_UNDERSCORE`). There is no warning for keys
     * that the session was loaded with, since a store may add its own.
     *
     * @default false
     */
    underscoreKeys?: boolean | undefined

    /**
     * Limits loaded sessions to the present `maxAge`: a session that was saved with a longer one expires as if it had been saved with
     * this one, and so does its cookie.
     *
     * @default false
     */
    configMaxAge?: boolean | undefined

    /**
     * Expires the cookie after `ctx.session = null` only if the client sent one.
     *
     * @default false
     */
    clearOnlySent?: boolean | undefined

    /**
     * Prevents shared caches from serving one visitor's response to another: adds `Vary: Cookie` if the session was read, and
     * `Cache-Control: private, no-store` if its cookie is set and the app has set no Cache-Control.
     *
     * @default false
     */
    cacheControl?: boolean | undefined

    /**
     * Keeps the sessions, so that the cookie only has the id (store mode). The methods may return values, promises, or any other
     * thenable. The store is not called with an id from a client that is empty, has more than 4096 bytes or a control character, or
     * has `..` as a path segment: the session counts as missing.
     *
     * @default undefined: the cookie has the session itself (cookie mode)
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
     * Makes a store for each request, by `new ContextStore(ctx)`. Takes precedence over `store`.
     *
     * @default undefined
     * @throws {@link SessionOptionError} `ContextStore must be a class`, or `ContextStore.prototype.get must be function`,
     * likewise for set and destroy.
     */
    ContextStore?: (new (ctx: any) => Store<T>) | undefined

    /**
     * Reads the store only when the app awaits `session.of(ctx).load()`, so that other requests cost no read. `ctx.session = null`
     * ends the session without loading it. For store mode.
     *
     * @default false
     * @throws Error with the code `ERR_SESSION_NOT_LOADED`, if `ctx.session` is read, or set to an object, before it is loaded.
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
     * Decides what happens when the store fails, by returning one of these, or a promise of it:
     *
     * - `'throw'`: the request fails.
     * - `'ignore'`: the request continues; after a failed `get`, with a new session, which is saved.
     * - `'anonymous'`: the request continues; after a failed `get`, with a new session. From then on the session is not written, and
     *   its cookie is not sent. A failed `destroy` is ignored.
     *
     * If the app threw before the store failed, the app's error decides the response, and the store's goes to the app's `'error'`
     * event.
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
     * Sets how long the store keeps sessions with `maxAge: 'session'`, in milliseconds; the store's TTL is 10,000 more.
     *
     * @default 86,400,000: one day
     */
    storeMaxAge?: number | undefined

    /**
     * Merges concurrent changes in a store that only has `get`, `set` and `destroy`: the commits of one session run one after
     * another, and each reads the record again before it writes its changed keys. Other requests' changes are kept, and a
     * destroyed session is not restored. That holds within one process; a write by another process between the read and the write is
     * lost. A {@link SessionStore} always merges, also between processes.
     *
     * Data are converted to JSON, also if the store could keep a Date or a Map.
     *
     * @default false
     */
    merge?: boolean | undefined

    /**
     * Names the subject of a session (such as its user), so that the sessions of one subject can be listed and revoked: a key of the
     * session, or a function that returns a text, a number, or something empty for no subject. Needs a {@link SessionStore}.
     *
     * When a session gets a subject, or another one, it also gets a new id (OWASP ASVS 5.0, 7.2.4), unless the request has taken one
     * already, as koa-passport does.
     *
     * A session from before the option was set is listed, and can be revoked, from its next request on. A session that was listed
     * by an earlier value of this option stays in that list until its subject changes. Two sessions of an app (`as`) share the
     * subjects of their store: give each its own store or prefix.
     *
     * @default undefined: sessions are not listed
     * @throws {@link SessionOptionError} if the store is not a SessionStore; at the commit, TypeError with the code
     * `ERR_SESSION_VALUE`, if the subject is of another type.
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
     * Returns the name of a session in lists. It is called when a session is created, gets a new id, or gets another subject. The
     * stores of this package keep the first 256 characters.
     *
     * @throws TypeError with the code `ERR_SESSION_VALUE`, at the commit, if it returns a promise.
     *
     * @default undefined
     *
     * @example
     * app.use(session({ store, subject: 'userId', label: ctx => ctx.get('User-Agent') }, app))
     */
    label?: Hook<[ctx: Named<T, Koa.Context>], string | null | undefined> | undefined

    /**
     * Limits how many sessions a subject has. A number means `overflow: 'oldest'`: the oldest sessions are destroyed. With
     * `'refuse'`, a session over the limit is not written, and no cookie is sent.
     *
     * @default undefined: no limit
     * @throws Error with the code `ERR_SESSION_LIMIT` and the `status` 409, at the commit. For another answer, await
     * `session.of(ctx).commit()` at the login, and catch the error.
     *
     * @example
     * app.use(session({ store, subject: 'userId', maxSessions: { max: 3, overflow: 'refuse' } }, app))
     */
    maxSessions?: number | SessionLimit | undefined

    /**
     * Ends a session so many milliseconds after its creation, however much it is used. The time begins again when the session gets a
     * subject (see `subject`), and by {@link SessionHandle.authenticate}; not by a new id, and not by use.
     *
     * The envelope has the creation as `_created`. A session from before the option counts from its last save; one without a `_maxAge`,
     * which does not show that, is saved with the next response, and counts from then.
     *
     * @default undefined: no such limit
     * @throws {@link SessionOptionError} if it is not a positive number.
     *
     * @example
     * app.use(session({ absoluteTimeout: 12 * 3_600_000 }, app))
     */
    absoluteTimeout?: number | undefined

    /**
     * Ends a session so many milliseconds after the last request that came with it. The envelope has that time as `_seen`, which is written
     * at most once in a twentieth of this time: so a session may end by that much earlier. Without a store, the cookie of an untouched
     * session is opened for it too.
     *
     * A store that has only `get`, `set` and `destroy` needs `merge: true`, since each write replaces the record there.
     *
     * @default undefined: no such limit
     * @throws {@link SessionOptionError} if it is not a positive number, or with such a store.
     *
     * @example
     * app.use(session({ idleTimeout: 30 * 60_000 }, app))
     */
    idleTimeout?: number | undefined

    /**
     * Limits the writes of `rolling`: an unchanged session is saved at most once in so many milliseconds.
     *
     * @default undefined: at each request
     * @throws {@link SessionOptionError} if it is not a positive number, or without `rolling`.
     *
     * @example
     * app.use(session({ store, rolling: true, touchAfter: 60_000 }, app))
     */
    touchAfter?: number | undefined

    /**
     * Ends sessions that live in their cookies: after a logout or `regenerate()`, a copy of the old cookie opens nothing any more. A store
     * (any with `get`, `set` and `destroy`, shared by all processes), or a `Revocations` of koa-session-rs/revocations, has an entry for
     * each session that ended, for as long as a copy could come. So it needs `absoluteTimeout`. `subject` is allowed with it, for
     * {@link SessionHandle.revokeOthers} and {@link SessionHandle.revokeAll}.
     *
     * The session is opened before the app runs; outside of the middleware, `await session.of(ctx).load()` comes before `ctx.session`.
     * A request that comes with a session asks for two entries, at once. If that fails, `onStoreError` decides, and the session is never
     * accepted unchecked: `'ignore'` means `'anonymous'`. The clocks of the servers have to agree.
     *
     * @default undefined: a copied cookie is valid until it expires
     * @throws {@link SessionOptionError} without `absoluteTimeout`, and with a `store`, where a logout destroys the record.
     *
     * @example
     * app.use(session({ revocations: store, absoluteTimeout: 12 * 3_600_000, subject: 'userId' }, app))
     */
    revocations?: RevocationStore | RevokingObject | undefined

    /**
     * Sets the defaults of other options to the safest values: `key: '__Host-koa.sess'`, `secure: 'force'`, `httpOnly`,
     * `sameSite: 'lax'`, `idBytes: 32`, `idleTimeout` of 30 minutes, `absoluteTimeout` of 12 hours, `cacheControl`; without a store also
     * `seal`, and `revocations` are required. Each of these options overrides, if it is given. What would be a warning at the start is an
     * error.
     *
     * @default false
     * @throws {@link SessionOptionError} without a store and `revocations`; for what would be a warning.
     *
     * @example
     * app.use(session({ hardened: true, store, merge: true }, app))
     */
    hardened?: boolean | undefined

    /**
     * Restricts the ids that clients may send: one that does not match is a miss, without a call of the store.
     *
     * @default undefined
     *
     * @example
     * app.use(session({ store, idPattern: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/ }, app))
     */
    idPattern?: RegExp | undefined

    /**
     * Signs the session's cookie with these keys instead of `app.keys`; with `seal`, encrypts it with them. New cookies are signed or
     * sealed with the first key; cookies with any of the keys are accepted. The list is read on every request, so it may change while the
     * app runs. The keys are never passed to `ctx.cookies`, and `ctx.sessionOptions` does not have them. A Keygrip can sign, but not seal,
     * since its keys cannot be read.
     *
     * koa-session ignores an option of this name.
     *
     * @default undefined: app.keys
     * @throws {@link SessionOptionError} for an empty list or key, for `signed: false` without `seal`, and with `seal` for a Keygrip or a key
     * of fewer than 32 bytes. Without `seal`, the process warns once of such a short key (`KOA_SESSION_RS_KEYS`; not in production).
     *
     * @example
     * const [current = '', old = current] = [process.env.SESSION_KEY, process.env.OLD_SESSION_KEY]
     * app.use(session({ keys: [current, old] }, app))
     */
    keys?: SessionKeys | undefined

    /**
     * Encrypts and authenticates the cookie's value (XChaCha20-Poly1305), instead of encoding and signing it: whoever has the cookie
     * cannot read its data. There is no cookie `<key>.sig` then; one that the browser still has is expired. A cookie sealed with an older
     * key is sealed again with the first key, in the same response. A cookie sealed with none of the keys counts as absent, and the app
     * emits `session:forged`.
     *
     * - `{ accept: 'signed' }` also accepts cookies that are signed with `keys` or `app.keys`, as by koa-session, and seals them in the
     *   same response: for the migration to sealed cookies.
     * - `{ write: 'signed' }` opens sealed cookies, and writes signed ones: for the migration back.
     *
     * @default false
     * @throws {@link SessionOptionError} at the start, or on a request, if `keys` (without them `app.keys`) cannot seal: each has
     * to be text or bytes, at least 32 of them. Error with the code `ERR_SESSION_SEAL`, at the commit, if the operating system gives no
     * random bytes.
     *
     * @example
     * app.use(session({ seal: true, keys: [process.env.SESSION_KEY ?? ''] }, app))
     */
    seal?: boolean | SealOptions | undefined

    /**
     * Splits the value over up to this many cookies if one cookie (name and value) would be longer than 4096 bytes: `<key>`, `<key>.1`
     * and so on. One signature or seal covers the whole value. When the session becomes smaller or ends, the cookies that it no longer
     * needs are expired. If the browser sends parts of two values, as after concurrent responses, the request has no session, and the app
     * emits `session:missed`.
     *
     * Node accepts 16 KB of headers in a request (`--max-http-header-size`), nginx 8 KB in a line (`large_client_header_buffers`): so
     * more than three or four cookies are not practical.
     *
     * Before you remove the option, set it to 1 for one `maxAge`: then a session has one cookie, and the others are expired.
     *
     * @default undefined: one cookie of any size, which browsers drop if it is too large
     * @throws Error with the code `ERR_SESSION_OVERSIZE`, at the commit, if the session needs more cookies; `bytes` is the size of
     * its name and value, `limit` is 4096 times the option. No cookie is sent then.
     *
     * @example
     * app.use(session({ chunks: 3 }, app))
     */
    chunks?: number | undefined

    /**
     * Makes ids of this number of random bytes, from 16 to 64, in URL-safe base64 after `prefix`. A UUID has 122 random bits, and OWASP
     * ASVS 5.0 (7.2.3) asks for at least 128. For store mode.
     *
     * @default undefined: a UUID (version 4)
     * @throws {@link SessionOptionError} together with `genid`.
     *
     * @example
     * app.use(session({ store, idBytes: 32 }, app))
     */
    idBytes?: number | undefined

    /**
     * Reads and sends the id by methods of yours instead of the cookie. For store mode.
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
     * Turns a session into the text of the cookie. For cookie mode. The data include an {@link Envelope}, which `decode` has to
     * return.
     *
     * @default base64 of the JSON text
     */
    encode (data: T & Envelope): string

    /**
     * Turns the text of the cookie into a session's data. For cookie mode. If it throws a SyntaxError, the request has a new session;
     * any other error expires the cookie, and is thrown to the code that reads `ctx.session`.
     *
     * @default JSON.parse of the base64-decoded text
     */
    decode (text: string): T

    /**
     * Returns a new id, or a promise of it. For store mode. A number is converted to text.
     *
     * @default `prefix` and a random UUID (version 4)
     * @throws TypeError with the code `ERR_SESSION_ID`, if the result is of another type, or a text that is empty, or contains control
     * characters or `..` as a path segment.
     */
    genid?: Hook<[ctx: Named<T, Koa.Context>], Awaitable<string | number>> | undefined

    /**
     * Sets the text in front of the ids of the default `genid`.
     *
     * @default undefined
     */
    prefix?: string | undefined

    /**
     * Checks the data of a loaded session that has not expired. If it returns something falsy, or a promise of it, the request has a
     * new session, and the app emits `session:invalid`. In cookie mode, if the function is declared `async`, the middleware opens
     * the cookie of every request.
     *
     * @default undefined
     * @throws Error with the code `ERR_SESSION_NOT_LOADED`, in cookie mode, if a function that is not declared `async` returns a
     * promise; only once, since from then on the middleware opens the cookies.
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

  /** The keys of a session's cookie, the current one first; or a Keygrip, which can only sign. */
  export type SessionKeys = ReadonlyArray<string | Uint8Array> | {
    sign (data: any): string
    index (data: any, digest: string): number
  }

  /** A `Revocations` of koa-session-rs/revocations. */
  export interface RevokingObject {
    revokeSubject (subject: string | number | bigint): Promise<void>
  }

  /** A store for the option `revocations`: the methods of koa-session's stores. */
  export interface RevocationStore {
    get (key: string, ...more: any[]): any
    set (key: string, entry: any, ttl: any, ...more: any[]): any
    destroy (key: string, ...more: any[]): any
  }

  /** Which cookies are read and written besides sealed ones: see the option `seal`. */
  export interface SealOptions {
    /** Accepts signed cookies too. */
    accept?: 'signed' | undefined
    /** Writes signed cookies, and still opens sealed ones. */
    write?: 'signed' | undefined
  }

  /**
   * The cookie attributes that the package `cookies` accepts, beside those above. Augment this interface if your `ctx.cookies` accepts
   * more.
   */
  export interface CookieAttributes {
    /**
     * Limits the cookie to HTTPS, by the attribute Secure. {@link Options} accepts:
     *
     * - `'auto'`, `undefined`: Secure if the request came over HTTPS.
     * - `true`: always Secure. A request without HTTPS gets no cookie; a new session is then not written, a loaded one is. The app
     *   emits `session:uncommitted`, and the process warns once (`KOA_SESSION_RS_INSECURE`). Behind a proxy that ends TLS, set
     *   `app.proxy = true`, so that Koa trusts its `X-Forwarded-Proto`.
     * - `'force'`: always Secure, and sent also without HTTPS.
     * - `false`: never Secure.
     * - a function of ctx that returns one of these.
     *
     * @default as with 'auto'
     */
    secure?: boolean | undefined

    /**
     * Limits the cookie to requests from the same site; `true` means `'strict'`. Upper and lower case are the same.
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
     * Limits the cookie to paths that begin with this one.
     *
     * @default '/'
     * @throws TypeError `option path is invalid`, at the commit.
     */
    path?: string | undefined

    /**
     * Sets when the browser drops the cookie. A `maxAge` in milliseconds takes precedence.
     *
     * @default undefined
     */
    expires?: Date | undefined

    /**
     * Tells browsers which cookies to drop first if they have too many.
     *
     * @default undefined
     * @throws TypeError `option priority is invalid`, at the commit.
     */
    priority?: 'low' | 'medium' | 'high' | undefined

    /**
     * Gives the cookie separate storage for each site that embeds this one (CHIPS).
     *
     * @default false
     */
    partitioned?: boolean | undefined

    /**
     * Sets or omits the attribute Secure, whatever the connection. `cookies` prints a deprecation warning.
     *
     * @deprecated Write `secure`, and set `app.proxy` where a proxy ends TLS.
     */
    secureProxy?: boolean | undefined
  }

  /* ---------------------------------------------------------------- stores */

  /** A value, or a thenable of it, such as a promise, a mongoose Query or a knex builder. */
  export type Awaitable<T> = T | PromiseLike<T>

  /**
   * A store of sessions by their ids, with koa-session's three methods.
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
     * Reads a record. A falsy result means that there is none; the app then emits `session:missed`.
     *
     * @param maxAge the option of that name, in milliseconds
     */
    get (id: string, maxAge: Named<T, number | 'session' | undefined>, request: StoreRequest<T>): Awaitable<T | null | undefined>

    /**
     * Writes a record.
     *
     * @param maxAge the TTL in milliseconds: 10,000 more than the session's lifetime, or, for `maxAge: 'session'`, than `storeMaxAge`
     */
    set (id: string, record: T & Envelope, maxAge: Named<T, number>, request: StoreWrite<T>): any

    /** Removes a record. */
    destroy (id: string, request: { ctx: Named<T, Koa.Context> }): any
  }

  /**
   * The symbol that marks a session store: `Symbol.for('koa-session-rs.store')`. The property's value is the version of the contract.
   */
  export const STORE: unique symbol

  /**
   * A store that merges concurrent writes of a session, and can list and destroy the sessions of a subject.
   * `koa-session-rs/testing` has the test suite of this contract.
   *
   * Methods may return their result, or a promise of it. Data are always JSON text of an object, and are merged by top-level key. A
   * record has a revision: 1 at its creation, and one more after each write of data. Each key has the revision of its last write.
   *
   * A record expires at the time of its last write or touch (`Date.now()`) plus its own `maxAge`, or plus `ttlMs` if that is
   * `'session'`. After that millisecond, all methods but {@link load} treat it as missing. The store may remove it at any later time.
   *
   * Values are stored as the text in which they came: after parsing and writing again, `1.0` would be another text. If a method
   * finds the session missing, refused or taken, it writes nothing, and removes nothing of other sessions. Keys that others deleted
   * are no conflict. A limit counts the subject's other sessions that have not expired; the oldest is the one created first.
   *
   * A store keeps the SHA-256 of an id, never the id itself.
   *
   * `get` and `set` are koa-session's. `get` returns the data, followed by `_expire` and `_maxAge`, or by `_session: true`; nothing
   * if the session is missing or expired. `set` removes these keys from the data, uses them as the record's expiry and maxAge, and
   * replaces the stored record.
   *
   * @example
   * import { MemoryStore } from 'koa-session-rs/stores/memory'
   *
   * app.use(session({ store: new MemoryStore() }, app))
   */
  export interface SessionStore extends Store<any> {
    readonly [STORE]: 1

    /**
     * Stores a new session. `'taken'`: a session that has not expired has this id; `'refused'`: by the limit. Neither writes anything.
     */
    create (id: string, record: NewRecord, ttlMs: number): Awaitable<Created | 'taken' | 'refused'>

    /** Loads a session. It may be an expired one: the caller checks `expire`. */
    load (id: string): Awaitable<LoadedRecord | undefined>

    /**
     * Merges a request's changes into the record, and renews its expiry. If `set` and `delete` have no keys, no data are written.
     * `'missing'`: the session was destroyed, got another id, expired or was evicted. `'refused'`: by the limit. Neither writes
     * anything.
     */
    merge (id: string, changes: Changes, ttlMs: number): Awaitable<Merged | 'missing' | 'refused'>

    /** Renews the expiry. */
    touch (id: string, ttlMs: number): Awaitable<Touched | 'missing'>

    /**
     * Moves a record to a new id, and merges a request's changes into it. Later writes to the old id get `'missing'`. `'taken'`: a
     * session that has not expired has the new id.
     */
    regenerate (
      oldId: string, newId: string, changes: Changes, ttlMs: number
    ): Awaitable<Merged | 'missing' | 'taken' | 'refused'>

    /** Destroys a session, and returns whether it existed. */
    destroy (id: string): Awaitable<boolean>

    /** Lists a subject's sessions, the oldest first. */
    list (subject: string): Awaitable<ListedSession[]>

    /** Destroys a subject's sessions, and returns their number. */
    destroyAll (subject: string, which?: WhichSessions): Awaitable<number>

    /** Destroys all sessions. */
    clear (): Awaitable<void>

    /** Closes the store after its pending writes. */
    close (): Awaitable<void>
  }

  /** A session to be stored. */
  export interface NewRecord {
    /** The JSON of the user's keys. */
    data: string
    /**
     * How long the session lives after each write or touch, in milliseconds, or `'session'`. A store that keeps whole milliseconds
     * rounds a fraction up. With a negative value, the session has expired as soon as it is written.
     */
    maxAge: number | 'session'
    /** The session's subject. */
    subject?: string | undefined
    /** The session's name in lists. */
    label?: string | undefined
    /** The limit for the subject's sessions. */
    limit?: SessionLimit | undefined
  }

  /** A session as it was stored. */
  export interface LoadedRecord {
    /** The JSON of the user's keys. */
    data: string
    /** The revision: the number of writes of data. */
    rev: number
    /** When the session expires, in milliseconds since 1970. */
    expire: number
    /** How long the session lives after each write or touch. */
    maxAge: number | 'session'
    /** Whether the store has a subject for the session. */
    hasSubject: boolean
  }

  /** What a request changed since it loaded a session. */
  export interface Changes {
    /** The record's revision at the load. */
    base: number
    /** The JSON of the added and changed keys; empty if there are none. */
    set: string
    /** The removed keys. */
    delete: string[]
    /** The new maxAge, if the request assigned one. */
    maxAge?: number | 'session' | undefined
    /** The session's new subject, if it changed; `null` for none. */
    subject?: string | null | undefined
    /** The session's new name in lists. */
    label?: string | undefined
    /** The limit for the new subject's sessions. It is not applied to a subject that the session already has. */
    limit?: SessionLimit | undefined
  }

  /** The result of a creation. */
  export interface Created {
    rev: number
  }

  /** The result of a renewed expiry. */
  export interface Touched {
    /**
     * How long the record lives after this and each later write or touch: the value of this write, or else the stored one,
     * whichever request set it. The session's cookie gets it too.
     */
    maxAge: number | 'session'
  }

  /** The result of a merge. */
  export interface Merged extends Touched {
    rev: number
    /** The keys in `set` that other requests wrote after `base`. */
    conflicts: string[]
  }

  /** A limit for a subject's sessions. */
  export interface SessionLimit {
    /** The largest number of sessions, at least 1. */
    max: number
    /** What happens beyond that: the oldest sessions are destroyed, or the new one is refused. */
    overflow: 'oldest' | 'refuse'
  }

  /** A session in its subject's list. */
  export interface ListedSession {
    /** The SHA-256 of the session's id, in URL-safe base64. */
    hash: string
    /** When the session was created, in milliseconds since 1970. A new id does not change it. */
    created: number
    /** When the session was last saved or touched, in milliseconds since 1970. */
    seen: number
    /** The result of the option `label`; absent if there was none. */
    label?: string
  }

  /** Selects some of a subject's sessions by their hash: all but one, or only one. */
  export interface WhichSessions {
    except?: string | undefined
    only?: string | undefined
  }

  /** The last argument of `get`: the request. */
  export interface StoreRequest<T = Data> {
    /** The request's context. */
    ctx: Named<T, Koa.Context>
    /** The option `rolling`. */
    rolling: boolean
  }

  /** The last argument of `set`: the request, and whether the data changed. */
  export interface StoreWrite<T = Data> extends StoreRequest<T> {
    /** Whether the data differ from the stored record; always `true` for a new id. */
    changed: boolean
  }

  /** Methods that read and send the ids of sessions. */
  export interface ExternalKey<T = Data> {
    /** Returns the id that the client sent, or a promise of it; something falsy if it sent none. */
    get (ctx: Named<T, Koa.Context>): Awaitable<string | null | undefined>
    /** Sends the id to the client. A promise is awaited. */
    set (ctx: Named<T, Koa.Context>, id: string): void | PromiseLike<void>
    /**
     * Removes the id from the client, after `ctx.session = null` and before a new id is sent. A promise is awaited. Without this
     * method, the cookie is expired instead.
     */
    remove? (ctx: Named<T, Koa.Context>): void | PromiseLike<void>
  }

  /** What is stored with the data in cookies and records. */
  export interface Envelope {
    /** When the session expires, in milliseconds since 1970. */
    _expire?: number
    /** The session's lifetime in milliseconds. */
    _maxAge?: number
    /** Whether the session ends with the browser; it then has neither `_expire` nor `_maxAge`. */
    _session?: boolean
    /** When the session was created, in milliseconds since 1970; with `absoluteTimeout`. */
    _created?: number
    /** When the session was used last, in milliseconds since 1970; with `idleTimeout`. */
    _seen?: number
    /** When the user authenticated last, in milliseconds since 1970; with one of the timeouts. */
    _auth?: number
    /** The id of a session that lives in its cookie; with `revocations`. */
    _id?: string
  }

  /* ---------------------------------------------------------------- events and errors */

  /**
   * The events that the app emits, by name, with the argument of their listeners. They are emitted in a later turn of the event
   * loop, and an error thrown by a listener goes to the app's `'error'` event.
   *
   * In koa-session's events, the first three, `key` is the id as the client sent it, which is a secret. In the others it is a hash.
   *
   * @example
   * app.on('session:saved', ({ key, reason }: SessionEvents['session:saved']) => {
   *   console.log('saved', key, reason)
   * })
   */
  export interface SessionEvents<T = Data> {
    /** The store has no record for the id, or the id was not allowed to reach the store. */
    'session:missed': SessionEvent<T>
    /** The session has expired. */
    'session:expired': SessionEvent<T>
    /** `valid` refused the session, or its data are not an object. */
    'session:invalid': SessionEvent<T>
    /** A new session was written for the first time. */
    'session:created': LifecycleEvent<T>
    /** A session was written, for the first time or later. */
    'session:saved': SavedEvent<T>
    /** A session was ended by `null` or `destroy()`, or by the reason that the event has. */
    'session:destroyed': DestroyedEvent<T>
    /** A session got a new id, which `key` has; in cookie mode, a new id was requested. */
    'session:regenerated': LifecycleEvent<T>
    /** A cookie was sent that is larger than browsers accept; or the session needs more cookies than `chunks`, and none was sent. */
    'session:oversize': OversizeEvent<T>
    /** The session's cookie could not be sent. */
    'session:uncommitted': UncommittedEvent<T>
    /**
     * A commit wrote nothing, since the session was destroyed after this request loaded it; with a {@link SessionStore}, also since
     * it got another id, expired or was evicted.
     */
    'session:discarded': LifecycleEvent<T>
    /** A commit overwrote keys that other requests had written after this one loaded the session. */
    'session:conflict': ConflictEvent<T>
    /**
     * A cookie was signed or sealed with none of the keys: it was altered or made up, or its key was removed from `app.keys` or `keys`
     * (these cases look the same). The request has a new session. It is emitted at most once per request, when the cookie is
     * read; not if there is no cookie or no signature, not with `signed: false` or `externalKey`, and not if another cookie with
     * the name verifies. `key` is the hash of the id in the cookie (SECURITY.md: "Watch for tampering").
     *
     * If the app has replaced `ctx.cookies` or uses its own Keygrip, it is emitted when `ctx.cookies.get` clears the cookie
     * `<key>.sig`, as the package cookies does for a wrong signature. That package checks only the first cookie with the name.
     *
     * @example
     * app.on('session:forged', ({ ctx }: SessionEvents['session:forged']) => {
     *   console.warn('forged session cookie', ctx.ip)
     * })
     */
    'session:forged': LifecycleEvent<T>
  }

  /**
   * The name of an event.
   *
   * @example
   * app.on('session:expired', (event: SessionEvent) => {
   *   console.log('expired', event.value)
   * })
   */
  export type SessionEventName = keyof SessionEvents

  /** The argument of koa-session's events: a session that a client sent, and that cannot be used. */
  export interface SessionEvent<T = Data> {
    /** The id as the client sent it; `undefined` in cookie mode. */
    key: string | undefined
    /** The data that the store or the cookie had. */
    value: (T & Envelope) | null | undefined
    /** The request's context. */
    ctx: Named<T, Koa.Context>
    /** The session's option `as`; absent without it. */
    name?: string | undefined
  }

  /** The argument of the other events. */
  export interface LifecycleEvent<T = Data> {
    /** The SHA-256 of the id, in URL-safe base64; `undefined` in cookie mode, and while there is no id. */
    key: string | undefined
    /** The request's context. */
    ctx: Named<T, Koa.Context>
    /** The session's option `as`, or `'session'`. */
    name: string
  }

  /** The argument of `session:destroyed`. */
  export interface DestroyedEvent<T = Data> extends LifecycleEvent<T> {
    /** Which method or option ended the session; absent for `null` and `destroy()`. */
    reason?: 'revoke' | 'revokeOthers' | 'revokeAll' | 'maxSessions'
  }

  /** The message of `koa-session-rs:destroy` for a session that an app has ended by the store's own `destroyAll()`. */
  export interface StoreDestroyedMessage {
    /** The SHA-256 of the id, in URL-safe base64. */
    key: string
    ctx: undefined
    name: undefined
    reason: 'destroyAll'
  }

  /** The argument of `session:conflict`: the keys that concurrent requests wrote. The later commit won. */
  export interface ConflictEvent<T = Data> extends LifecycleEvent<T> {
    keys: string[]
  }

  /** The argument of `session:saved`. */
  export interface SavedEvent<T = Data> extends LifecycleEvent<T> {
    reason: SaveReason
  }

  /**
   * Why a session was written: its data changed; `rolling`; `renew`; `timeout`, for the times of `absoluteTimeout` and `idleTimeout`; or
   * the app forced it by `save()`, `regenerate()`, `touch()`,
   * `maxAge` or `_requireSave`.
   */
  export type SaveReason = 'changed' | 'rolling' | 'renew' | 'timeout' | 'forced'

  /** The argument of `session:oversize`. */
  export interface OversizeEvent<T = Data> extends LifecycleEvent<T> {
    /** The bytes of the cookie's name and value. */
    bytes: number
    /** The most bytes that browsers accept: 4096; with `chunks`, 4096 times that option. */
    limit: number
  }

  /** The argument of `session:uncommitted`. */
  export interface UncommittedEvent<T = Data> extends LifecycleEvent<T> {
    /**
     * Why the cookie could not be sent:
     *
     * - `'insecure'`: the option `secure` is true, and the request did not come over HTTPS
     * - `'headers-sent'`: the headers were sent before
     * - `'no-response'`: the context has a request only (`app.createContext(req)`)
     * - `'asynchronous'`: with `early`, `beforeSave`, `genid` or `externalKey.set` returned a promise, which cannot be awaited
     * - `'failed'`: with `early`, a hook of the app threw
     */
    reason: 'insecure' | 'headers-sent' | 'no-response' | 'asynchronous' | 'failed'
  }

  /**
   * The channels of `node:diagnostics_channel`, by name, with the message that subscribers get. Messages are published
   * synchronously; without subscribers they cost nothing.
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
    /** A session was loaded or created. */
    'koa-session-rs:load': LoadMessage<T>
    /** A session was written. */
    'koa-session-rs:save': SavedEvent<T>
    /** A session was ended; by `destroyAll()` of a store of this package, without a `ctx` and a `name`. */
    'koa-session-rs:destroy': DestroyedEvent<T> | StoreDestroyedMessage
    /** A cookie's signature was made by none of the keys: see `session:forged`. */
    'koa-session-rs:forged': LifecycleEvent<T>
  }

  /** The message of `koa-session-rs:load`. */
  export interface LoadMessage<T = Data> extends LifecycleEvent<T> {
    isNew: boolean
  }

  /**
   * The codes of this package's errors.
   *
   * | code | when | fields |
   * |---|---|---|
   * | `ERR_SESSION_OPTION` | an option, a maxAge, or the result of an attribute's function is invalid: {@link SessionOptionError} | `option`, `expected`, `received`, `page` |
   * | `ERR_SESSION_BINDING` | the native addon cannot be loaded | `package`, `platform`, `arch`, `libc`, `cause`, `causes` |
   * | `ERR_SESSION_NODE` | the package is loaded in a Node that is older than its package.json allows | `expected`, `received` |
   * | `ERR_SESSION_ID` | `genid` returned an invalid id; a store of this package is called with an id that is not well-formed text | |
   * | `ERR_SESSION_VALUE` | the data have a BigInt, which JSON cannot represent (the message names its path); a subject is neither text nor number | |
   * | `ERR_SESSION_NOT_LOADED` | `ctx.session` is used before a `lazy` session is loaded, or before an asynchronous `valid` has resolved | |
   * | `ERR_SESSION_IGNORED` | something is assigned to `ctx.session` in a request that `ignore` left without a session | |
   * | `ERR_SESSION_HEADERS_SENT` | a new id is requested after the headers were sent, or without a response | |
   * | `ERR_SESSION_UNKNOWN` | {@link of}, or `sessionCookie` of koa-session-rs/testing, is called for a session that the app does not have; on a copy of a session or a Proxy around one, a method that saves is called, or `maxAge` is set | |
   * | `ERR_SESSION_ID_TAKEN` | `genid` returned ids of existing sessions for a new one | |
   * | `ERR_SESSION_LIMIT` | `maxSessions` refuses a session; the message is Koa's answer, and written for visitors | `status`, `expose` |
   * | `ERR_SESSION_STORE` | a store or an adapter of this package failed; a store or hook of the app threw a value that is no Error, which is then the `cause` | `reason`, often `cause`, and the fields in the types of the stores |
   * | `ERR_SESSION_RECORD` | a store of this package is given text that is not JSON | |
   * | `ERR_SESSION_OVERSIZE` | a session needs more cookies than the option `chunks` allows | `bytes`, `limit` |
   * | `ERR_SESSION_SEAL` | a cookie cannot be sealed, since the operating system gives no random bytes | |
   * | `ERR_SESSION_TIMES` | `authenticate()` is called without `absoluteTimeout` and `idleTimeout` | |
   * | `ERR_SESSION_COOKIE` | `sessionCookie` of koa-session-rs/testing: the session was not saved, or its id was sent in no cookie | `reason` |
   * | `ERR_SESSION_SUBJECT` | sessions are listed or revoked without the option `subject` | |
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
    | 'ERR_SESSION_OVERSIZE'
    | 'ERR_SESSION_SEAL'
    | 'ERR_SESSION_TIMES'
    | 'ERR_SESSION_COOKIE'
    | 'ERR_SESSION_SUBJECT'

  /**
   * The codes of the warnings. `process.emitWarning` gives each at most once per process.
   *
   * | code | when | remedy |
   * |---|---|---|
   * | `KOA_SESSION_RS_INSECURE` | `secure: true`, and a request that did not come over HTTPS | `app.proxy`, `secure: 'auto'` or `'force'` |
   * | `KOA_SESSION_RS_OVERSIZE` | a cookie of over 4096 bytes was sent | less data, or `store` |
   * | `KOA_SESSION_RS_UNDERSCORE` | the app set a key that begins with `_`, and it was not saved | another name, or `underscoreKeys` |
   * | `KOA_SESSION_RS_SHARED` | `session()` was called twice for one app | `as` |
   * | `KOA_SESSION_RS_MAXAGE` | `maxage` was given; a DeprecationWarning, not in production | `maxAge` |
   * | `KOA_SESSION_RS_SAMESITE` | the cookie has `SameSite=None` and is not Secure; not in production | HTTPS; `secure: 'force'` |
   * | `KOA_SESSION_RS_PARTITIONED` | the cookie is Partitioned and not Secure; not in production | HTTPS; `secure: 'force'` |
   * | `KOA_SESSION_RS_SECURE_PREFIX` | a cookie named `__Secure-` is not Secure; not in production | HTTPS; `secure: 'force'` |
   * | `KOA_SESSION_RS_HOST_PREFIX` | a cookie named `__Host-` is not Secure, has a domain, or another path than `/`; not in production | HTTPS, `secure: 'force'`; no `domain`, no `path` |
   * | `KOA_SESSION_RS_KEYS` | `app.keys` has a key of fewer than 8 bytes, or the option `keys` one of fewer than 32; not in production | 32 random bytes |
   * | `KOA_SESSION_RS_OPTION` | an option's name is probably misspelt; not in production | the right name |
   * | `KOA_SESSION_RS_STORELESS` | `lazy` or `merge` is given without a store, or `seal` or `chunks` with an `externalKey`, which is sent in no cookie; not in production | a store; leave the option out |
   * | `KOA_SESSION_RS_ADAPTER` | a store of express-session is used without an adapter, so the store does not know the sessions' lifetime | `connectStore` of koa-session-rs/adapters/connect |
   * | `KOA_SESSION_RS_RESAVE` | compat/express-session without the option `resave`; a DeprecationWarning, as there | `resave: false` |
   * | `KOA_SESSION_RS_SAVE_UNINITIALIZED` | the same without `saveUninitialized` | `saveUninitialized: false` |
   * | `KOA_SESSION_RS_MAXAGE_DATE` | the same, with a Date as the cookie's `maxAge` | milliseconds, or `expires` |
   * | `KOA_SESSION_RS_MEMORY_STORE` | the same in production, with the store of its own | a store |
   * | `KOA_SESSION_RS_CLOCK` | the clock of a Redis server is more than a minute ahead of this machine's, or behind | synchronised clocks |
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
    | 'KOA_SESSION_RS_RESAVE'
    | 'KOA_SESSION_RS_SAVE_UNINITIALIZED'
    | 'KOA_SESSION_RS_MAXAGE_DATE'
    | 'KOA_SESSION_RS_MEMORY_STORE'
    | 'KOA_SESSION_RS_CLOCK'

  /** The error for an invalid option, or a missing app. */
  export interface SessionOptionError extends TypeError {
    code: 'ERR_SESSION_OPTION'
    /** The option's name, or `app`. */
    option: string
    /** What the option has to be. */
    expected: string
    /** The type of the given value, never the value itself. */
    received: string
    /**
     * The file of this package that describes the option, and its section, such as `docs/usage.md#whose-sessions-they-are`; absent if the app has added the
     * option by {@link OptionsSchema.extend}. The message ends with it, except for messages that are koa-session's.
     */
    page?: string
    /** The error of a schema given to {@link OptionsSchema.extend}, which may quote the value; absent otherwise. */
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

  /** @deprecated This package has no such object. */
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

  /** The type that a schema returns. */
  type OutputOf<Schema> =
    Schema extends { parse (value: any): infer Output } ? Output
      : Schema extends { safeParse (value: any): infer Result } ? Extract<Result, { success: true, data: unknown }>['data']
        : never

  /** The type that the schemas of a shape return. An option that may be undefined is optional. */
  type OutputOfShape<Shape> =
    & { [K in keyof Shape as undefined extends OutputOf<Shape[K]> ? never : K]: OutputOf<Shape[K]> }
    & { [K in keyof Shape as undefined extends OutputOf<Shape[K]> ? K : never]?: OutputOf<Shape[K]> }

  /** The members that `z.infer` reads. They exist in the types only, not at run time. */
  export interface InferredByZod<Output> extends OnlyZod {
    /** @hidden */ readonly _type: Output
    /** @hidden */ readonly _output: Output
    /** @hidden */ readonly _input: unknown
    /** @hidden */ readonly _zod: { output: Output, input: unknown }
  }

  /** The other members of zod's ZodType. `z.infer` refuses a type without them; `never` prevents their use. */
  type OnlyZod = {
    readonly [Name in
    | '_def' | 'description' | '~standard' | '~validate' | '_parse' | '_getType' | '_getOrReturnCtx' | '_processInputParams'
    | '_parseSync' | '_parseAsync' | 'parseAsync' | 'safeParseAsync' | 'spa' | 'refine' | 'refinement' | '_refinement'
    | 'superRefine' | 'optional' | 'nullable' | 'nullish' | 'array' | 'promise' | 'or' | 'and' | 'transform' | 'default' | 'brand'
    | 'catch' | 'describe' | 'pipe' | 'readonly' | 'isOptional' | 'isNullable']: never
  }

  /** Augmented by `koa-session-rs/strict`, if the program imports it. */
  export interface Strictness {}

  /** Whether the type of ctx.session includes null. */
  type Strict = Strictness extends { nullable: true } ? true : false

  /** Whether the app has augmented SessionData. */
  type HasSessionData = [keyof SessionData] extends [never] ? false : true

  /** The members of Session. */
  type SessionMembers =
    HasSessionData extends true ? SessionBase
      : Strict extends true ? SessionBase & { [key: string]: any }
        : UntypedSession

  /** Allows any key. It and the Session of `@types/koa-session` are assignable to each other, so that both may be installed. */
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

  /** The declared property names, without those that an index signature allows. */
  type OwnKeys<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: 0 }

  /** The data of a session, as the app declared them on SessionData or, as with `@types/koa-session`, on Session. */
  export type Data =
    HasSessionData extends true ? SessionData
      : [Exclude<OwnKeys<Session>, keyof SessionBase | OwnKeys<UntypedSession>>] extends [never] ? any
          : Partial<Session>

  /** A session with data: Session itself, if the app declared its data there. */
  type SessionOf<T> = 'manuallyCommit' extends OwnKeys<T> ? Session : SessionBase & T

  /** X if the data have a type, otherwise any. */
  type Named<T, X> = 0 extends 1 & T ? any : X

  /** Prevents the inference of T: a store that returns strings must not turn all data into strings. */
  export type Fixed<T> = [T][T extends any ? 0 : never]

  /** A function whose parameters may have narrower annotations: as a method, it is checked bivariantly. */
  type Hook<Args extends unknown[], Result> = { hook (...args: Args): Result }['hook']

  /** What {@link Options} accepts for an option, beside the option's own type. */
  type OnlyGiven<T, K> =
    K extends 'secure' ? 'auto' | 'force' | OfContext<T, boolean | 'auto' | 'force'>
      : K extends 'domain' | 'path' | 'sameSite' | 'httpOnly' | 'priority' | 'partitioned' | 'expires'
        ? OfContext<T, SessionOptions[K]>
        : never

  /** An attribute as a function of the request's context. */
  type OfContext<T, Value> = Hook<[ctx: Named<T, Koa.Context>], Value | null | undefined>

  /** The type that Koa's BaseContext declares for a property, otherwise X. */
  type OnBaseContext<Name extends string, X> =
    Koa.BaseContext extends { [K in Name]: infer Declared } ? Declared : X

  /** What is added to Koa's contexts: nothing until the data have a type, since a property here would break the app's own declarations. */
  export type TypedContext = Strict extends true ? SessionContext : 0 extends 1 & Data ? {} : SessionContext
}

export = session

declare module 'koa' {
  interface ExtendableContext extends session.TypedContext {}
}
