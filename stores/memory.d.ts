import type { Changes, Created, ListedSession, LoadedRecord, Merged, NewRecord, SessionStore, Touched, WhichSessions } from '../index.js'
import session = require('../index.js')

/** Options of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Limits the number of sessions in the store.
   *
   * @default 100000
   * @throws SessionOptionError if it is not a positive integer.
   */
  maxEntries?: number | undefined

  /**
   * Limits the memory of the sessions, in bytes, overhead included. A session counts its JSON and label, 280 more, 8 more for each
   * key after its first write, and 180 more if it has a subject.
   *
   * @default 67108864: 64 MiB, about 110,000 sessions of 300 bytes
   * @throws SessionOptionError if it is not a positive integer.
   */
  maxBytes?: number | undefined
}

/**
 * Keeps sessions in the memory of this process: they are lost when it ends, and other processes do not see them. The methods of the
 * contract are synchronous.
 *
 * When the store is full, it evicts expired sessions first, then sessions without a subject (option `subject`), then the others;
 * within each group the least recently used, but never the session that is being written. Each write also removes some expired
 * sessions; there is no timer.
 *
 * @throws SessionOptionError for an invalid or unknown option. `create`, `merge` and `regenerate` throw an Error with the code
 * `ERR_SESSION_STORE` and the reason `'full'`, and write nothing, if the session alone is larger than `maxBytes`. Every method
 * throws a TypeError for an invalid id (code `ERR_SESSION_ID`) or subject (`ERR_SESSION_VALUE`).
 *
 * @example
 * import { MemoryStore } from 'koa-session-rs/stores/memory'
 *
 * app.use(session({ store: new MemoryStore({ maxEntries: 50000 }) }, app))
 */
export class MemoryStore implements SessionStore {
  constructor (options?: MemoryStoreOptions)
  readonly [session.STORE]: 1
  create (id: string, record: NewRecord, ttlMs: number): Created | 'taken' | 'refused'
  load (id: string): LoadedRecord | undefined
  merge (id: string, changes: Changes, ttlMs: number): Merged | 'missing' | 'refused'
  touch (id: string, ttlMs: number): Touched | 'missing'
  regenerate (oldId: string, newId: string, changes: Changes, ttlMs: number): Merged | 'missing' | 'taken' | 'refused'
  destroy (id: string): boolean
  list (subject: string | number | bigint): ListedSession[]
  destroyAll (subject: string | number | bigint, which?: WhichSessions): number
  clear (): void
  /** Removes all sessions. */
  close (): void
  get (id: string): Promise<any>
  set (id: string, record: object, maxAge?: number | 'session'): Promise<void>
}
