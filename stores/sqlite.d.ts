import type { Changes, Created, ListedSession, LoadedRecord, Merged, NewRecord, SessionStore, Touched, WhichSessions } from '../index.js'
import session = require('../index.js')

/** Options of a {@link SqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * Names the database file. A missing file is created, a missing folder is not. While a process has the file open, SQLite keeps
   * `<file>-wal` and `<file>-shm` beside it. The file system has to be local. On POSIX systems, a new file has mode 0600: only its
   * owner may read and write it. An existing file keeps its mode. The other two files have the mode of the database file.
   *
   * Deleted and replaced data are overwritten in the file. In `<file>-wal` they stay until SQLite has moved that log into the file
   * (a checkpoint: every thousand pages, and when the last store is closed) and the next write has truncated it.
   *
   * Before you delete or replace the file, end all processes that have it open; then delete or replace all three files. A store
   * whose file was deleted or replaced fails with the reason `'replaced'`: writes at once, reads at most a second later (by
   * `Date.now()`), and then every call. Make a new store to continue.
   *
   * Do not add tables of your own to the file, and do not open it with another SQLite library in the same process: on POSIX
   * systems, the library that closes the file releases the locks of the other.
   *
   * @throws SessionOptionError if it is not a path, or is `':memory:'`; use MemoryStore for that.
   */
  file: string

  /**
   * Sets how durable an acknowledged write is (SQLite's `PRAGMA synchronous`). With `'normal'`, it survives any end of the process.
   * After a power failure or a crash of the system, the writes since the last checkpoint (every thousand pages) may be lost. A session
   * that was destroyed in that time then exists again; the file stays intact. With `'full'`, every acknowledged write survives,
   * and takes as long as a sync of the disk, which concurrent writes share.
   *
   * @default 'normal'
   */
  synchronous?: 'normal' | 'full' | undefined

  /**
   * Limits how long a write waits for other processes that write, in milliseconds from the call; then it rejects with the reason
   * `'busy'`. The event loop is not blocked.
   *
   * @default 5000
   */
  busyTimeout?: number | undefined

  /**
   * Limits the size of the file, in bytes, without its log. A write that needs more rejects with the reason `'full'`. Free pages are
   * used again, and never returned to the file system.
   *
   * @default undefined: as large as the disk allows
   */
  maxBytes?: number | undefined
}

/**
 * The error of a failed SQLite store. `get`, `set` and the other methods reject with it; the constructor throws it, with the
 * reasons `'damaged'`, `'unwritable'`, `'newer'`, `'foreign'`, `'full'` and `'failed'`.
 */
export interface SqliteStoreError extends Error {
  code: 'ERR_SESSION_STORE'
  store: 'sqlite'
  /** The file's absolute path. */
  file: string
  /**
   * - `'damaged'`: the file is not a database, or a damaged one
   * - `'unwritable'`: the file or its folder cannot be opened for writing
   * - `'newer'`: a newer version of koa-session-rs wrote the file
   * - `'foreign'`: the file is a database of another program
   * - `'full'`: the disk is full, also after a checkpoint to make room, or the file has reached `maxBytes`
   * - `'busy'`: other processes were writing for all of `busyTimeout`
   * - `'replaced'`: the file was deleted, moved or replaced while it was open
   * - `'closed'`: `close()` was called before
   * - `'failed'`: anything else, such as a disk that cannot be read
   */
  reason: 'damaged' | 'unwritable' | 'newer' | 'foreign' | 'full' | 'busy' | 'replaced' | 'closed' | 'failed'
  /** SQLite's extended result code, if SQLite failed. */
  errcode?: number | undefined
}

/**
 * Keeps sessions in a SQLite database, for all processes of one machine (cluster, PM2).
 *
 * `load` and `list` are synchronous: they read on the calling thread, and wait for no writer. They return a promise only while
 * another process creates the file, or recovers it after a crash. Writes run on the store's own thread: all pending writes go
 * into one transaction, and are acknowledged when it is committed. A write that fails does not fail the others. A store without
 * pending writes does not keep the process alive.
 *
 * Each write also removes some sessions that expired at least ten seconds ago, at most a hundred.
 *
 * The store needs the package `koa-session-rs-sqlite` with its addon, in the same version as this one.
 *
 * @throws SessionOptionError for an invalid or unknown option; {@link SqliteStoreError} if the file cannot be used; Error with the
 * code `ERR_SESSION_BINDING` if the addon cannot be loaded. Every method rejects with a TypeError for an invalid id (code
 * `ERR_SESSION_ID`) or subject (`ERR_SESSION_VALUE`); `load` and `list` throw it.
 *
 * @example
 * import { SqliteStore } from 'koa-session-rs/stores/sqlite'
 *
 * app.use(session({ store: new SqliteStore({ file: 'sessions.db' }) }, app))
 */
export class SqliteStore implements SessionStore {
  constructor (options: SqliteStoreOptions)
  readonly [session.STORE]: 1
  create (id: string, record: NewRecord, ttlMs: number): Promise<Created | 'taken' | 'refused'>
  load (id: string): LoadedRecord | undefined | Promise<LoadedRecord | undefined>
  merge (id: string, changes: Changes, ttlMs: number): Promise<Merged | 'missing' | 'refused'>
  touch (id: string, ttlMs: number): Promise<Touched | 'missing'>
  regenerate (
    oldId: string, newId: string, changes: Changes, ttlMs: number
  ): Promise<Merged | 'missing' | 'taken' | 'refused'>
  destroy (id: string): Promise<boolean>
  list (subject: string | number | bigint): ListedSession[] | Promise<ListedSession[]>
  destroyAll (subject: string | number | bigint, which?: WhichSessions): Promise<number>
  clear (): Promise<void>
  /** Finishes the pending writes and closes the file. Every later call rejects with the reason `'closed'`. */
  close (): Promise<void>
  get (id: string): Promise<any>
  set (id: string, record: object, maxAge?: number | 'session'): Promise<void>
}
