import type { App, Data, Fixed, SessionStore, Store } from './index.js'

/** One clause of a contract, as a test for any test runner. */
export interface ContractTest {
  /** What the clause demands of a store; unique in its suite. */
  name: string
  /**
   * Makes a store and tests it; rejects with an `AssertionError` if the store breaks the clause. Run one clause at a time: some
   * replace `Date.now` while they run.
   */
  run (): Promise<void>
}

/** Options of both suites. */
export interface ContractOptions<S> {
  /**
   * Releases a store after each clause, also if it failed.
   *
   * @default for session stores `store => store.close()`, for others nothing
   */
  release?: ((store: S) => void | PromiseLike<void>) | undefined
}

export interface SessionStoreContractOptions<S> extends ContractOptions<S> {
  /**
   * Seeds the random schedules of concurrent requests.
   *
   * @default 1
   */
  seed?: number | undefined
  /**
   * Sets how many random schedules are run, and how often a session is destroyed during concurrent writes.
   *
   * @default 50
   */
  rounds?: number | undefined
}

export interface StoreContractOptions<S> extends ContractOptions<S> {
  /**
   * Sets the length of the longest text that is stored, in characters, for stores with a limit.
   *
   * @default 1000000
   */
  size?: number | undefined
  /**
   * Replaces Koa's `ctx` in the store's last argument.
   *
   * @default {}
   */
  ctx?: object | undefined
}

/**
 * Returns the contract of a {@link SessionStore}, as one test for each clause.
 *
 * @param makeStore called for each clause; may return the same store each time, also a store with sessions in it, since each
 * clause uses new ids and subjects. One clause clears the store.
 *
 * @example
 * import { test } from 'node:test'
 * import { sessionStoreContract } from 'koa-session-rs/testing'
 *
 * for (const { name, run } of sessionStoreContract(() => new MyStore())) test(name, run)
 */
export function sessionStoreContract<S extends SessionStore> (
  makeStore: () => S | PromiseLike<S>, options?: SessionStoreContractOptions<S>
): ContractTest[]

/**
 * Returns the contract of a store for koa-session, as one test for each clause: `get`, `set` and `destroy` as koa-session 7 calls
 * them.
 *
 * @param makeStore called for each clause; may return the same store each time, also a store with sessions in it.
 *
 * @example
 * import { test } from 'node:test'
 * import { storeContract } from 'koa-session-rs/testing'
 *
 * for (const { name, run } of storeContract(() => new MyStore())) test(name, run)
 */
export function storeContract<S extends Store<any>> (
  makeStore: () => S | PromiseLike<S>, options?: StoreContractOptions<S>
): ContractTest[]

/** Options of {@link sessionCookie}. */
export interface SessionCookieOptions {
  /**
   * Names the session, for an app that has several: its option `as`.
   *
   * @default 'session'
   */
  as?: string | undefined
  /**
   * Sets headers of the made-up request, for hooks and attributes that read them, such as `label: ctx => ctx.get('User-Agent')`.
   *
   * @default {}
   */
  headers?: Record<string, string> | undefined
  /**
   * Sets the path and query of the made-up request, for the option `ignore`.
   *
   * @default '/'
   */
  url?: string | undefined
}

/**
 * Begins a session of an app, as a login does, and resolves to the Cookie header of a client that has it: for tests of what comes
 * after the login.
 *
 * The app's own `session()` makes the session, for a request over HTTPS that no client has sent: so it works with a cookie that is
 * signed, sealed or split, with every store, and with all options. The session is written to the app's store, its subject is listed,
 * its times begin, and the events are emitted. The rest of the app does not run; no server is needed, and nothing is left open. Each
 * call begins another session.
 *
 * @param app the app that was given to `session()`
 * @param data the keys of the session, at least one
 * @returns one line, such as `koa.sess=…; koa.sess.sig=…`
 * @throws SessionOptionError (it rejects) if `app` or `data` are of another type; Error with the code `ERR_SESSION_UNKNOWN`, if the app
 * has no session of the name; `ERR_SESSION_COOKIE` with the `reason` `'external-key'`, if `externalKey.set` sent the id in no cookie,
 * or `'not-saved'`, if `data` have no key, or the store failed and `onStoreError` did not throw; `ERR_SESSION_IGNORED`, if the option
 * `ignore` left the request without a session. It also rejects with the error of a store or a hook.
 *
 * @example
 * import assert from 'node:assert'
 * import { once } from 'node:events'
 * import { test } from 'node:test'
 * import { sessionCookie } from 'koa-session-rs/testing'
 *
 * app.use(session(app))
 * app.use(ctx => { ctx.body = `hello ${ctx.session.user}` })
 *
 * test('greets the user', async () => {
 *   const server = app.listen(0)
 *   await once(server, 'listening')
 *   const { port } = server.address() as import('node:net').AddressInfo
 *   const headers = { cookie: await sessionCookie(app, { user: 'ann' }), connection: 'close' }
 *   const response = await fetch(`http://127.0.0.1:${port}/`, { headers })
 *   assert.equal(await response.text(), 'hello ann')
 *   server.close()
 * })
 */
export function sessionCookie<T extends object = Data> (
  app: App, data: Fixed<T>, options?: SessionCookieOptions
): Promise<string>
