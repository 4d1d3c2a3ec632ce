import type { AdaptedStore, AdapterOptions } from './store'

export type { AdaptedStore, AdapterOptions }

/** Is a store of express-session, as far as it is needed here. */
export interface ConnectStore {
  get (id: string, callback: (err?: any, session?: any) => void): any
  set (id: string, session: any, callback: (err?: any) => void): any
  destroy (id: string, callback: (err?: any) => void): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/**
 * Makes a store of express-session (connect-redis, connect-pg-simple, express-mysql-session, ...) one that
 * `session({ store })` takes.
 *
 * What is stored has the form that the store knows: the session's keys, and `cookie` with the expiry as `expires`, `maxAge` and
 * `originalMaxAge`. A key of the app's own with the name `cookie`, or one that begins with `_` (`underscoreKeys`), is stored with
 * the prefix `koa:`; what a store adds under `_...` (`__lastAccess` of session-file-store) is left out. The store keeps a
 * session 10 seconds longer than it is valid, since `_expire` in the record decides.
 *
 * Its `touch` is not called: most stores would not give the new expiry back. With `rolling: true`, a request that changed nothing
 * has the session read again and written with the new expiry, so that what another request has written meanwhile stays, and
 * nothing is written where the session is gone.
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
