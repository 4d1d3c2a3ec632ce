import type { AdaptedStore, AdapterOptions } from './store'

export type { AdaptedStore, AdapterOptions }

/** Is a store of express-session, as far as it is needed here. */
export interface ConnectStore {
  get (id: string, callback: (err?: any, session?: any) => void): any
  set (id: string, session: any, callback: (err?: any) => void): any
  destroy (id: string, callback: (err?: any) => void): any
  touch? (id: string, session: any, callback: (err?: any) => void): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/**
 * Makes a store of express-session (connect-redis, connect-pg-simple, express-mysql-session, ...) one that
 * `session({ store })` takes.
 *
 * What is stored has the form that the store knows: the session's keys, and `cookie` with the expiry as `expires`, `maxAge` and
 * `originalMaxAge`; a key of the app's own with the name `cookie` is kept beside it. The store keeps a session 10 seconds
 * longer than it is valid, since `_expire` in the record decides.
 *
 * With `rolling: true` a store that has `touch` is told of the new expiry by that, so that no data are written, and nothing is
 * written where the session is gone; then it is the store that decides when such a session ends, to the second.
 *
 * @param options `reconnectTimeout`: how long to wait for a store that has told of its disconnection
 * @throws an error with the code `ERR_SESSION_OPTION` where a method is missing.
 *
 * @example
 * import { connectStore } from 'koa-session-rs/adapters/connect'
 * import { RedisStore } from 'connect-redis'
 * import { createClient } from 'redis'
 *
 * const client = await createClient({ url: 'redis://localhost' }).connect()
 * app.use(session({ store: connectStore(new RedisStore({ client })) }, app))
 */
export function connectStore (store: ConnectStore, options?: AdapterOptions): AdaptedStore
