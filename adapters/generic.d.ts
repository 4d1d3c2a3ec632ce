import type { AdaptedStore, AdapterOptions } from './store'

export type { AdaptedStore, AdapterOptions }

/** Is a store of koa-generic-session, as far as it is needed here. Each method may give what {@link genericStore} says. */
export interface GenericStore {
  get (id: string): any
  set (id: string, session: any, ttl?: any): any
  destroy (id: string): any
  on? (event: string, listener: (...args: any[]) => void): any
}

/**
 * Makes a store of koa-generic-session (koa-redis, koa-mysql-session, ...) one that `session({ store })` takes.
 *
 * Its methods may give values, promises, thunks (functions that take a callback), or generators, which may yield all these,
 * and arrays and plain objects of them. What is stored is koa-session's record; the time to live is given in milliseconds. A key
 * of the app's own with the name `cookie`, or one that begins with `_` (`underscoreKeys`), is stored with the prefix `koa:`; what
 * a store adds under `_...` (`_id` of MongoDB) is left out.
 *
 * @param options `reconnectTimeout`: how long to wait for a store that has told of its disconnection
 * @throws an error with the code `ERR_SESSION_OPTION` where a method is missing.
 *
 * @example
 * import { genericStore } from 'koa-session-rs/adapters/generic'
 * import MysqlStore from 'koa-mysql-session'
 *
 * app.use(session({ store: genericStore(new MysqlStore({ host: 'localhost', user, password, database })) }, app))
 */
export function genericStore (store: GenericStore, options?: AdapterOptions): AdaptedStore
