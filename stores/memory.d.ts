import type { Changes, Created, ListedSession, LoadedRecord, Merged, NewRecord, SessionStore, Touched, WhichSessions } from '../index.js'
import session = require('../index.js')

/** Bounds a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Limits the sessions in the store.
   *
   * @default 100000
   * @throws SessionOptionError where it is no positive integer.
   */
  maxEntries?: number | undefined

  /**
   * Limits the bytes of memory that the sessions need, with all that keeping them takes: for each its JSON and label, 280,
   * 8 for each key once it has been written to, and 180 where it is somebody's.
   *
   * @default 67108864: 64 MiB, about 110,000 sessions of 300 bytes
   * @throws SessionOptionError where it is no positive integer.
   */
  maxBytes?: number | undefined
}

/**
 * Keeps sessions in the memory of this process: for one process whose sessions may end with it. Every method answers at once.
 *
 * Where there is no room, expired sessions leave first, then those without a subject (option `subject`), then the others; of
 * each kind, the ones that were not loaded, written or touched for longest. The session that is written stays. Expired ones
 * are also removed by later writes, a few at a time; there is no timer.
 *
 * @throws SessionOptionError for an option that is not what it has to be, or that there is none of. `create`, `merge` and
 * `regenerate` throw an Error with the code `ERR_SESSION_STORE` and the reason `'full'`, and write nothing, where the session
 * alone is larger than `maxBytes`. Every method that takes an id or a subject throws a TypeError with the code `ERR_SESSION_ID`
 * or `ERR_SESSION_VALUE` for what is none.
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
  /** Forgets all sessions: nobody else has them. */
  close (): void
  get (id: string): Promise<any>
  set (id: string, record: object, maxAge?: number | 'session'): Promise<void>
}
