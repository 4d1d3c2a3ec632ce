import type { AdaptedStore, AdapterOptions, PrefixOptions } from './store'

export type { AdaptedStore, AdapterOptions, PrefixOptions }

/** A store of express-session: the methods that {@link connectStore} uses. */
export interface ConnectStore {
  get (id: string, callback: (err?: any, session?: any) => void): any
  set (id: string, session: any, callback: (err?: any) => void): any
  destroy (id: string, callback: (err?: any) => void): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/**
 * Adapts a store of express-session (connect-redis, connect-pg-simple, express-mysql-session, ...) to `session({ store })`.
 *
 * Records have the format of express-session: the session's keys, and `cookie` with the expiry as `expires`, `maxAge` and
 * `originalMaxAge`. The app's own key `cookie`, and keys that begin with `_` (`underscoreKeys`), are stored with the prefix
 * `koa:`. Keys that a store adds under `_...` (`__lastAccess` of session-file-store) are removed on reading. The store keeps a
 * record 10 seconds longer than the session is valid. `_expire` in the record decides whether the session is valid.
 *
 * The store's `touch` is not called, since the `get` of most stores does not return the expiry that `touch` sets. With
 * `rolling: true`, a request that changed nothing reads the record again and writes it back with the new expiry. So it keeps
 * what another request has written, and does not restore a destroyed session.
 *
 * @param options `prefix`: what is put before each id; `reconnectTimeout`: how long to wait for a store that has emitted
 *   'disconnect', in milliseconds
 * @throws an error with the code `ERR_SESSION_OPTION` if a method is missing, or an option invalid.
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
