import type { Middleware } from 'koa'

/** A Keygrip, or any object that signs and verifies in its way. */
interface Keygrip {
  /** Signs a text with the first key. */
  sign (data: any): string
  /** Returns the place of the key that has made a signature; -1 if none has. */
  index (data: any, digest: string): number
}

/** The options of cookie-session 2. They are read again for each request, but for `name`, `keys` and `secret`. */
interface CookieSessionOptions {
  /**
   * Names the cookie. Its signature is in a second cookie, with `.sig` after the name.
   *
   * @default 'session'
   */
  name?: string | undefined
  /** Sign the cookie with the first key, and verify it with each. The array may change in place. Required, unless `signed` is false. */
  keys?: ReadonlyArray<string | Uint8Array> | Keygrip | undefined
  /** Is the only key, if `keys` is not given. */
  secret?: string | undefined
  /**
   * Signs the cookie. Without that, each visitor can change the session's data.
   *
   * @default true
   */
  signed?: boolean | undefined
  /**
   * Replaces cookies of the same name that the response has already.
   *
   * @default true
   */
  overwrite?: boolean | undefined
  /** @default true */
  httpOnly?: boolean | undefined
  /** Sets when the cookie expires, in milliseconds from now. Without `maxAge` and `expires`, it ends with the browser. */
  maxAge?: number | undefined
  expires?: Date | undefined
  /** @default '/' */
  path?: string | undefined
  domain?: string | undefined
  /** `true` sends the cookie over HTTPS alone. The default is whether the request came over HTTPS, as `ctx.secure` says. */
  secure?: boolean | undefined
  sameSite?: 'strict' | 'lax' | 'none' | boolean | undefined
  priority?: 'low' | 'medium' | 'high' | undefined
  partitioned?: boolean | undefined
  /** @deprecated Write `secure`, and set `app.proxy`. */
  secureProxy?: boolean | undefined
}

/** The session: the app's data, and three flags. */
interface CookieSessionObject {
  /** Whether the session is new, or its data differ from those of the request's cookie. */
  readonly isChanged?: boolean
  /** Whether the request had no session. */
  readonly isNew?: boolean
  /** Whether the session has any data. */
  readonly isPopulated?: boolean
  [key: string]: any
}

/**
 * Returns a middleware that does in Koa what cookie-session 2 does in Express, with the same options and the same cookie, to the byte.
 * So an Express app with cookie-session and a Koa app with this entry read each other's sessions.
 *
 * It sets `ctx.session`, of which the data are in the cookie, and `ctx.sessionOptions`, which inherits the options, and may be changed for
 * the request. `ctx.session = null` ends the session. The cookie is sent with the headers if the session has changed, also on an error
 * response, and with streams. What differs: docs/migrating/from-cookie-session.md.
 *
 * A session that cannot be sent never breaks the response. If its data are no JSON (a BigInt, a cycle), or an option is none that a
 * cookie can carry, the app emits the error as its 'error' event. With `secure: true` on an insecure connection, it emits
 * `session:uncommitted`; for a cookie of over 4096 bytes, `session:oversize`; for one that is signed with none of the keys,
 * `session:forged`.
 *
 * @throws an error with the code `ERR_SESSION_OPTION` if keys are missing or invalid.
 *
 * @example
 * import cookieSession from 'koa-session-rs/compat/cookie-session'
 *
 * const { SESSION_KEY = 'a key of 32 bytes or more, please' } = process.env
 *
 * app.use(cookieSession({ name: 'session', keys: [SESSION_KEY], maxAge: 24 * 60 * 60 * 1000 }))
 * app.use((ctx) => {
 *   ctx.session.views = (ctx.session.views ?? 0) + 1
 *   ctx.body = `views: ${ctx.session.views}`
 * })
 */
declare function cookieSession (options?: CookieSessionOptions): Middleware

declare namespace cookieSession {
  export type { CookieSessionObject, CookieSessionOptions, Keygrip }

  /** What the middleware adds to ctx, for apps that declare it: `app.use<{}, cookieSession.CookieSessionContext>(...)`. */
  export interface CookieSessionContext {
    session: CookieSessionObject | null | undefined
    sessionOptions: CookieSessionOptions
  }
}

export = cookieSession
