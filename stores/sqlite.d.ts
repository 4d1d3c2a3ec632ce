import type { Changes, Created, ListedSession, LoadedRecord, Merged, NewRecord, SessionStore, Touched, WhichSessions } from '../index.js'
import session = require('../index.js')

/** Says where a {@link SqliteStore} is, and how it works. */
export interface SqliteStoreOptions {
  /**
   * Names the database's file. It is made where it is missing; its folder is not. Beside it, SQLite keeps `<file>-wal` and
   * `<file>-shm` while a process has it open. The file system has to be a local one. On POSIX systems, only the owner may read
   * and write a file that is made here (mode 0600). A file that is there keeps its mode. The other two have the file's mode.
   *
   * What a session held is overwritten in the file when the session is destroyed, or the data are written over. In
   * `<file>-wal` it stays until SQLite has put that log into the file, every thousand pages and when the last store is closed,
   * and the next write has cut the log off.
   *
   * To delete or replace the file, first end all processes that have it open, and then do it to all three files. A store whose
   * file was deleted or replaced fails with the reason `'replaced'`: a write at once, a read within a second of `Date.now()`,
   * and everything from then on, until a new store is made.
   *
   * Only this store may have tables in it, and in one process no other SQLite library may open it: on POSIX systems the one
   * that closes it would release the locks of the other.
   *
   * @throws SessionOptionError where it is no path, or `':memory:'`, for which there is MemoryStore.
   */
  file: string

  /**
   * Says what a write has waited for when it is acknowledged. With `'normal'`, for the operating system: it outlives the
   * process, however that ends. When the machine loses its power or the system crashes, the last moments may be lost: from
   * the last time that SQLite put the log into the database, every thousand pages. The file stays whole. A session that was
   * destroyed in these moments is there again. With `'full'`, for the disk: nothing acknowledged is lost, and a write takes
   * as long as the disk takes to sync, which all writes of a moment share.
   *
   * @default 'normal'
   */
  synchronous?: 'normal' | 'full' | undefined

  /**
   * Limits how long a write waits, in milliseconds, while other processes write; then it rejects with the reason `'busy'`.
   * It counts from the call. The event loop does not wait.
   *
   * @default 5000
   */
  busyTimeout?: number | undefined

  /**
   * Limits the bytes of the file, without its log. A write that finds no room rejects with the reason `'full'`. Pages that
   * sessions have left are used again, and never given back to the file system.
   *
   * @default undefined: as large as the disk allows
   */
  maxBytes?: number | undefined
}

/**
 * Says why a SQLite store failed. `get`, `set` and the other methods reject with it; the constructor throws it, with the reasons
 * `'damaged'`, `'unwritable'`, `'newer'`, `'foreign'`, `'full'` and `'failed'`.
 */
export interface SqliteStoreError extends Error {
  code: 'ERR_SESSION_STORE'
  store: 'sqlite'
  /** The file's absolute path. */
  file: string
  /**
   * - `'damaged'`: the file is no database, or a damaged one
   * - `'unwritable'`: the file or its folder cannot be opened for writing
   * - `'newer'`: a newer version of koa-session-rs wrote the file
   * - `'foreign'`: the file is a database of something else
   * - `'full'`: the disk is full, also after the log was put into the file to make room, or the file has `maxBytes`
   * - `'busy'`: other processes were writing for all of `busyTimeout`
   * - `'replaced'`: the file was deleted, moved or replaced while it was open
   * - `'closed'`: `close()` was called before
   * - `'failed'`: anything else, such as a disk that cannot be read
   */
  reason: 'damaged' | 'unwritable' | 'newer' | 'foreign' | 'full' | 'busy' | 'replaced' | 'closed' | 'failed'
  /** SQLite's extended result code, where the failure is SQLite's. */
  errcode?: number | undefined
}

/**
 * Keeps sessions in a SQLite database: for one machine, and all processes there (cluster, PM2).
 *
 * `load` and `list` answer at once, by a read on this thread that waits for no writer; by a promise only while another process
 * makes the file, or recovers it after a crash. Writes are done on a thread of the store's own: everything that waits there goes
 * into one transaction, and is acknowledged when that is committed. One write that fails does not take the others with it. A
 * store without pending writes does not keep the process alive.
 *
 * Expired sessions are removed by later writes, a hundred at a time at most, and from ten seconds after their expiry on.
 *
 * Its addon is the package `koa-session-rs-sqlite`, to be installed beside this one in the same version.
 *
 * @throws SessionOptionError for an option that is not what it has to be, or that there is none of; {@link SqliteStoreError}
 * where the file cannot be used; Error with the code `ERR_SESSION_BINDING` where the addon cannot be loaded. Every method that
 * takes an id or a subject rejects with a TypeError, code `ERR_SESSION_ID` or `ERR_SESSION_VALUE`, for what is none; `load` and
 * `list` throw it.
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
