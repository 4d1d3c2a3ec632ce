import type { AdaptedStore, AdapterOptions, PrefixOptions } from './store'

export type { AdaptedStore, AdapterOptions, PrefixOptions }

/** A store of koa-generic-session: the methods that {@link genericStore} uses. */
export interface GenericStore {
  get (id: string): any
  set (id: string, session: any, ttl?: any): any
  destroy (id: string): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/**
 * Adapts a store of koa-generic-session (koa-redis, koa-mysql-session, ...) to `session({ store })`.
 *
 * The store's methods may return values, promises, thunks (functions that take a callback), or generators, which may yield all
 * these, and arrays and plain objects of them. Records are koa-session's; the TTL is in milliseconds. The app's own key `cookie`,
 * and keys that begin with `_` (`underscoreKeys`), are stored with the prefix `koa:`. Keys that a store adds under `_...` (`_id`
 * of MongoDB) are removed on reading.
 *
 * A session that koa-generic-session has stored is found with its `key` and its prefix. Its `cookie` with the attributes is
 * `ctx.session.cookie`, and is stored unchanged.
 *
 * @param options `prefix`: what is put before each id; `reconnectTimeout`: how long to wait for a store that has emitted
 *   'disconnect', in milliseconds
 * @throws an error with the code `ERR_SESSION_OPTION` if a method is missing, or an option invalid.
 *
 * @example
 * import { genericStore } from 'koa-session-rs/adapters/generic'
 * import MysqlStore from 'koa-mysql-session'
 *
 * app.use(session({ store: genericStore(new MysqlStore({ host: 'localhost', user, password, database })) }, app))
 *
 * @example
 * // With the sessions of koa-generic-session.
 * import { genericStore } from 'koa-session-rs/adapters/generic'
 * import redisStore from 'koa-redis'
 *
 * app.use(session({ key: 'koa.sid', store: genericStore(redisStore(), { prefix: 'koa:sess:' }) }, app))
 */
export function genericStore (store: GenericStore, options?: AdapterOptions): AdaptedStore
