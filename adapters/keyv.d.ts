import type { AdaptedStore, PrefixOptions } from './store'

export type { AdaptedStore, PrefixOptions }

/** A Keyv: the methods that {@link keyvStore} uses. */
export interface KeyvLike {
  get (key: string): any
  set (key: string, value: any, ttl?: number): any
  delete (key: string): any
  getRaw? (key: string): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/**
 * Adapts a Keyv to `session({ store })`. The TTL is in milliseconds.
 *
 * A failed call rejects, also without the Keyv's option `throwOnErrors`. A Keyv without it only emits 'error', which does not say
 * which call failed: another call in flight at that moment may reject, too.
 *
 * @param options `prefix`: what is put before each id
 * @throws an error with the code `ERR_SESSION_OPTION` if a method is missing, or an option invalid.
 *
 * @example
 * import { keyvStore } from 'koa-session-rs/adapters/keyv'
 * import KeyvRedis from '@keyv/redis'
 * import Keyv from 'keyv'
 *
 * app.use(session({ store: keyvStore(new Keyv({ store: new KeyvRedis('redis://localhost') })) }, app))
 */
export function keyvStore (keyv: KeyvLike, options?: PrefixOptions): AdaptedStore
