import type { SessionStore, Store } from './index.js'

/** Is one clause of a contract, as a test for any runner. */
export interface ContractTest {
  /** Says what the store does. Each is there once. */
  name: string
  /**
   * Makes a store, and rejects with an `AssertionError` where it does not do so. One after another: while some run,
   * `Date.now` gives times of theirs.
   */
  run (): Promise<void>
}

/** Says how a suite is run. */
export interface ContractOptions<S> {
  /**
   * Releases a store after a clause, also after one that failed.
   *
   * @default session stores: `store => store.close()`; others: nothing
   */
  release?: ((store: S) => void | PromiseLike<void>) | undefined
}

export interface SessionStoreContractOptions<S> extends ContractOptions<S> {
  /**
   * Says which random interleavings are played.
   *
   * @default 1
   */
  seed?: number | undefined
  /**
   * Counts them, and the rounds in which a session is destroyed among writers.
   *
   * @default 50
   */
  rounds?: number | undefined
}

export interface StoreContractOptions<S> extends ContractOptions<S> {
  /**
   * Is how long the longest text in a session is, in characters, where a store has a bound.
   *
   * @default 1000000
   */
  size?: number | undefined
  /**
   * Is what stands for Koa's `ctx` in the store's last argument.
   *
   * @default {}
   */
  ctx?: object | undefined
}

/**
 * Gives the contract of a {@link SessionStore}, clause by clause.
 *
 * @param makeStore called for each clause; may give the same store each time, with anything in it: ids and subjects are
 * new in each. One clause clears the store.
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
 * Gives what a store for koa-session has to do, clause by clause: `get`, `set` and `destroy` as koa-session 7 calls them.
 *
 * @param makeStore called for each clause; may give the same store each time, with anything in it.
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
