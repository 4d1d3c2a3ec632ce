import type { AdaptedStore } from './store'

export type { AdaptedStore }

/** Is a Keyv, as far as it is needed here. */
export interface KeyvLike {
  get (key: string): any
  set (key: string, value: any, ttl?: number): any
  delete (key: string): any
  getRaw? (key: string): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/**
 * Makes a Keyv one that `session({ store })` takes. The time to live is given in milliseconds.
 *
 * What fails rejects, also where the Keyv was not made with `throwOnErrors`; one that it only tells of by its event 'error' may
 * so fail another call of that moment.
 *
 * @throws an error with the code `ERR_SESSION_OPTION` where a method is missing.
 *
 * @example
 * import { keyvStore } from 'koa-session-rs/adapters/keyv'
 * import KeyvRedis from '@keyv/redis'
 * import Keyv from 'keyv'
 *
 * app.use(session({ store: keyvStore(new Keyv({ store: new KeyvRedis('redis://localhost') })) }, app))
 */
export function keyvStore (keyv: KeyvLike): AdaptedStore
