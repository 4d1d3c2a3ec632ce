import type { SessionStore, Store } from './index.js'

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
