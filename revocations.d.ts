import type { RevocationStore } from './index.js'

/** Options of {@link Revocations}. */
export interface RevocationsOptions {
  /** The store of the entries: any that koa-session takes, shared by all processes. It may also have other records. */
  store: RevocationStore

  /**
   * Begins the key of each entry.
   *
   * @default 'revoked:'
   */
  prefix?: string | undefined

  /**
   * Sets how long entries live, in milliseconds: the longest `absoluteTimeout` of the sessions. A `session()` with these revocations
   * does that itself; so only a process without one, such as a script of an administrator, needs it.
   *
   * @default that of session()
   */
  absoluteTimeout?: number | undefined
}

/**
 * Revokes sessions that live in their cookies, for the option `revocations`, and those of a subject for an administrator. The store has
 * hashes of ids and subjects only.
 *
 * @throws SessionOptionError if the store lacks a method, or an option is invalid.
 *
 * @example
 * import { Revocations } from 'koa-session-rs/revocations'
 *
 * const revocations = new Revocations({ store })
 * app.use(session({ revocations, absoluteTimeout: 12 * 3_600_000, subject: 'userId' }, app))
 * app.use(async ctx => {
 *   if (ctx.path === '/admin/end') await revocations.revokeSubject('7')
 * })
 */
export class Revocations {
  constructor (options: RevocationsOptions)

  /**
   * Ends all sessions of a subject that have authenticated until now.
   *
   * @throws SessionOptionError if it is not known how long sessions live; TypeError with the code `ERR_SESSION_VALUE` for a subject of
   * another type; what the store throws.
   */
  revokeSubject (subject: string | number | bigint): Promise<void>
}
