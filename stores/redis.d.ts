import type { Changes, Created, ListedSession, LoadedRecord, Merged, NewRecord, SessionStore, Touched, WhichSessions } from '../index.js'
import session = require('../index.js')

/** Names a server: by a URL (`redis://`, `rediss://` with TLS, also `valkey://` and `valkeys://`), or by host and port. */
export type RedisAddress = string | { host: string, port?: number | undefined }

/** TLS settings. Certificates and keys are PEM. */
export interface RedisTls {
  /** The trusted certificate authorities, in place of the system's. */
  ca?: string | Uint8Array | (string | Uint8Array)[] | undefined
  /** The client certificate. */
  cert?: string | Uint8Array | undefined
  /** The key of the client certificate. */
  key?: string | Uint8Array | undefined
  /**
   * If false, accepts any certificate for any host: a man in the middle can read and write all sessions.
   *
   * @default true
   */
  rejectUnauthorized?: boolean | undefined
}

/** A client of ioredis 5 or 6 (also `Cluster`), or of node-redis 4 to 6 (also by `createCluster`). */
export type RedisClient =
  | { call (command: string, ...args: any[]): Promise<unknown> }
  | { sendCommand (...args: any[]): Promise<unknown> }

/** The options of a {@link RedisStore}. At most one of `url`, `nodes`, `sentinels` and `client` may be given. */
export interface RedisStoreOptions {
  /**
   * Names the server: `redis://user:password@host:port/db`, `rediss://` with TLS, or `unix:///path?db=0`. The other options
   * take precedence over the URL.
   *
   * @default 'redis://127.0.0.1:6379'
   */
  url?: string | undefined

  /** Names some nodes of a cluster, by which the others are found. User and password are those of the first URL. */
  nodes?: RedisAddress[] | undefined

  /** Names sentinels, which name the server. User and password of the first URL are for the sentinels. */
  sentinels?: RedisAddress[] | undefined

  /** Sets the name under which the sentinels monitor the server. */
  master?: string | undefined

  /**
   * Sets a client of yours, which is used instead of the store's own connections, with its own timeouts and reconnection.
   * `close()` leaves it open. A client of node-redis has to be connected. A client that repeats commands without a reply
   * (ioredis: `autoResendUnfulfilledCommands`) may execute a write twice if its connection breaks.
   */
  client?: RedisClient | undefined

  username?: string | undefined
  password?: string | undefined
  sentinelUsername?: string | undefined
  sentinelPassword?: string | undefined

  /**
   * Sets the number of the database. A cluster has only number 0.
   *
   * @default 0
   */
  db?: number | undefined

  /**
   * Sets whether connections use TLS, and how.
   *
   * @default from the URL
   */
  tls?: boolean | RedisTls | undefined

  /**
   * Sets the prefix of all keys. A part in braces would put all sessions onto one node of a cluster.
   *
   * @default 'koa-session:'; with format 'json', ''
   */
  prefix?: string | undefined

  /**
   * Limits how long one attempt to connect takes, in milliseconds. With sentinels, it applies to asking a sentinel,
   * and to connecting to the server.
   *
   * @default 2000
   */
  connectTimeoutMs?: number | undefined

  /**
   * Limits how long an operation waits, in milliseconds: for a connection that is expected soon, and for its reply. Then it
   * rejects, with the reason `'unreachable'` if it was never sent, and `'timeout'` if it was. It does not wait for a server
   * that is known to be down: docs/stores.md has a table of the faults.
   *
   * @default 5000
   */
  timeoutMs?: number | undefined

  /**
   * With `'koa-redis'`, also reads sessions that koa-redis wrote (under the id itself), if the store has none of its own. The
   * first write converts such a session, and `destroy` removes it. Servers with koa-redis cannot read it afterwards.
   */
  from?: 'koa-redis' | undefined

  /**
   * Limits how many top-level keys a session has. A `create`, `merge` or `regenerate` that would exceed it rejects with the
   * reason `'size'`.
   *
   * @default 10000
   */
  maxSessionKeys?: number | undefined

  /**
   * Limits the bytes of a session's keys and values, as JSON, in the same way.
   *
   * @default 1048576
   */
  maxSessionBytes?: number | undefined

  /**
   * Sets how many replicas have to confirm a write by which a session begins, ends, or gets another id or subject: `create`,
   * `destroy`, `destroyAll`, `clear`, `regenerate`, and a `merge` with a `subject`. A failover right after such a write does
   * not lose it, if the new master is a replica that had confirmed it. The store waits (`WAIT`) for half of the remaining
   * `timeoutMs`; if fewer replicas confirm, the operation rejects with the reason `'replicas'`, and docs/stores.md says what
   * has been done then. Reads, `touch` and other merges do not wait. Not with the format `'json'`.
   *
   * With a `client` of yours, the writes that wait are sent by a second client (`client.duplicate()`), which is closed by
   * `close()`, or when your client ends; they wait up to five seconds. A client of a cluster is refused, since it sends `WAIT`
   * to any node.
   *
   * @default 0
   */
  waitReplicas?: number | undefined

  /**
   * Sets how sessions are stored. With `'json'`, as koa-redis does: JSON under the prefix and the id itself. Servers with
   * koa-session and koa-redis can then read and write the same sessions, during a rollout or when going back. The store then
   * only has `get`, `set` and `destroy`, without merging, lists and limits.
   *
   * @default 'merge'
   */
  format?: 'merge' | 'json' | undefined
}

/**
 * The error of a failed operation of a {@link RedisStore}. No field contains ids, data or passwords, and the message contains no
 * address. docs/stores.md has a table of the faults, with the error for each.
 */
export interface RedisStoreError extends Error {
  code: 'ERR_SESSION_STORE'
  store: 'redis'
  /**
   * - `'timeout'`: the server did not reply within `timeoutMs`; the operation may have been executed
   * - `'lost'`: the connection broke before the reply, and it could not be found out whether the operation was executed
   * - `'unreachable'`: no server could be reached; a write was not executed (one that had been sent without a reply is `'lost'`)
   * - `'denied'`: the server refuses the user, the password or the command
   * - `'tls'`: the certificate is not trusted, the server has no TLS, or requires it
   * - `'options'`: the server does not match the options. It has no such database, is in no cluster although `nodes` is given, is in
   *   a cluster although `nodes` is not given, is no sentinel, knows no such master, or is no Redis
   * - `'server'`: the server replied with an error: see `errcode`
   * - `'unreadable'`: the stored record is not a session of this store
   * - `'input'`: an argument is invalid, such as data that are not JSON
   * - `'size'`: the session would exceed `maxSessionKeys` or `maxSessionBytes`: see `keys` and `bytes`
   * - `'index'`: the index of subjects was lost again while it was rebuilt
   * - `'replicas'`: fewer replicas than `waitReplicas` have the write: see `wanted` and `acknowledged`. A session to be ended
   *   has ended, but a failover may restore it; one to be created does not exist; one to get a new id has the old one. So it is
   *   safe to call again
   * - `'prefix'`: without a prefix, `clear()` with the format `'json'` would remove all keys of the database
   * - `'closed'`: `close()` was called before
   */
  reason: 'timeout' | 'lost' | 'unreachable' | 'denied' | 'tls' | 'options' | 'server' | 'unreadable' | 'input' | 'size' | 'index' |
    'replicas' | 'prefix' | 'closed'
  /** The first word of the server's error: `'OOM'`, `'WRONGTYPE'`. */
  errcode?: string | undefined
  /** The number of keys and bytes that the session would have. */
  keys?: number | undefined
  bytes?: number | undefined
  /** The number of replicas that have to confirm the write, and of those that did. */
  wanted?: number | undefined
  acknowledged?: number | undefined
  /** The server, if it is known; with a client of yours, if its errors name it. */
  host?: string | undefined
  port?: number | undefined
  /** The Unix socket, in place of host and port. */
  path?: string | undefined
  /**
   * The error of the system, TLS, the server or a client of yours. Its `code` is the system's (`'ECONNREFUSED'`, `'ENOTFOUND'`,
   * `'ETIMEDOUT'`), or Node.js's for what is wrong with a certificate (`'CERT_HAS_EXPIRED'`).
   */
  cause?: Error & { code?: string | undefined } | undefined
}

/**
 * Keeps sessions in Redis (6 or newer) or Valkey, for several machines: on one server, in a cluster, or with sentinels.
 *
 * The operations of one turn of the event loop are sent together, by a thread of the store. It connects at its first use. If a
 * connection breaks, operations are sent again: a `create` or `merge` only once, and it rejects with the reason `'lost'` if the
 * stored record does not show whether the first one was executed. A connection that does not answer is replaced by a new one,
 * or by one to the server that sentinels or the cluster have promoted. A store without pending operations does not keep the
 * process alive.
 *
 * A write is acknowledged when the server has it. What a crash of the server may lose depends on its `appendfsync`, and what a
 * failover may lose, on its replication (see `waitReplicas`); later writes to a session lost in this way get `'missing'`. A
 * server that evicts (`maxmemory-policy`) ends sessions before they expire. If a process dies while it gives a session a new
 * id, the session has either its old id or the new one, never both. It then cannot be written for at most ten seconds.
 *
 * Its addon is the package `koa-session-rs-redis`, to be installed beside this one in the same version.
 *
 * @throws SessionOptionError for an invalid or unknown option; Error with the code `ERR_SESSION_BINDING` if the addon cannot be
 * loaded. Methods reject with {@link RedisStoreError}.
 *
 * @example
 * import { RedisStore } from 'koa-session-rs/stores/redis'
 *
 * app.use(session({ store: new RedisStore({ url: 'redis://127.0.0.1:6379' }) }, app))
 */
export class RedisStore implements SessionStore {
  constructor (options?: RedisStoreOptions)
  /** Undefined with the format 'json'. */
  readonly [session.STORE]: 1
  create (id: string, record: NewRecord, ttlMs: number): Promise<Created | 'taken' | 'refused'>
  load (id: string): Promise<LoadedRecord | undefined>
  merge (id: string, changes: Changes, ttlMs: number): Promise<Merged | 'missing' | 'refused'>
  touch (id: string, ttlMs: number): Promise<Touched | 'missing'>
  regenerate (
    oldId: string, newId: string, changes: Changes, ttlMs: number
  ): Promise<Merged | 'missing' | 'taken' | 'refused'>
  /** Destroys a session. If the connection broke meanwhile, the result may be false although there was one. */
  destroy (id: string): Promise<boolean>
  list (subject: string): Promise<ListedSession[]>
  destroyAll (subject: string, which?: WhichSessions): Promise<number>
  /** Destroys all sessions under the prefix, by scanning all keys of the database. */
  clear (): Promise<void>
  /** Waits for pending operations, and closes the connections. Every later call rejects with the reason `'closed'`. */
  close (): Promise<void>
  get (id: string): Promise<any>
  set (id: string, record: object, maxAge?: number | 'session'): Promise<void>
}
