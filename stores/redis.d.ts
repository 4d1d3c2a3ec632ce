import type { Changes, Created, ListedSession, LoadedRecord, Merged, NewRecord, SessionStore, Touched, WhichSessions } from '../index.js'
import session = require('../index.js')

/** Names a server: by a URL (`redis://`, `rediss://` with TLS, also `valkey://` and `valkeys://`), or by host and port. */
export type RedisAddress = string | { host: string, port?: number | undefined }

/** Says how connections are encrypted. Texts are in PEM. */
export interface RedisTls {
  /** Lists the authorities that certificates of servers may be from; in place of the system's. */
  ca?: string | Uint8Array | (string | Uint8Array)[] | undefined
  /** Is the certificate that is shown to servers. */
  cert?: string | Uint8Array | undefined
  /** Is its key. */
  key?: string | Uint8Array | undefined
  /**
   * Takes any certificate for any host, if false: whoever is in between can read and write all sessions.
   *
   * @default true
   */
  rejectUnauthorized?: boolean | undefined
}

/** Is a client of ioredis 5 or 6, `Cluster` too, or of node-redis 4 to 6, `createCluster` too. */
export type RedisClient =
  | { call (command: string, ...args: any[]): Promise<unknown> }
  | { sendCommand (...args: any[]): Promise<unknown> }

/** Says where a {@link RedisStore} is, and how it works. Of `url`, `nodes`, `sentinels` and `client`, one at most is given. */
export interface RedisStoreOptions {
  /**
   * Names the server: `redis://user:password@host:port/db`, `rediss://` with TLS, or `unix:///path?db=0`. What is given by an
   * option of its own goes before what the URL says.
   *
   * @default 'redis://127.0.0.1:6379'
   */
  url?: string | undefined

  /** Names some nodes of a cluster; the others are found by them. User and password are those of the first URL. */
  nodes?: RedisAddress[] | undefined

  /** Names sentinels, which are asked for the server; user and password of the first URL are for the sentinels. */
  sentinels?: RedisAddress[] | undefined

  /** Is the name that sentinels know the server by. */
  master?: string | undefined

  /**
   * Is a client of yours, that is used in place of connections of our own: its time limits, its reconnecting. `close()` leaves
   * it open. One of node-redis has to be connected. A client that sends again what it has no answer to (ioredis:
   * `autoResendUnfulfilledCommands`) may do a write twice where its connection breaks.
   */
  client?: RedisClient | undefined

  username?: string | undefined
  password?: string | undefined
  sentinelUsername?: string | undefined
  sentinelPassword?: string | undefined

  /**
   * Is the number of the database; a cluster has number 0 alone.
   *
   * @default 0
   */
  db?: number | undefined

  /**
   * Says whether connections are encrypted, and how.
   *
   * @default what the URL says
   */
  tls?: boolean | RedisTls | undefined

  /**
   * Stands before all keys. A part in braces would put all sessions onto one node of a cluster.
   *
   * @default 'koa-session:'; with format 'json', ''
   */
  prefix?: string | undefined

  /**
   * Limits how long one attempt to connect takes, in milliseconds; where sentinels are asked, each of its two halves.
   *
   * @default 2000
   */
  connectTimeoutMs?: number | undefined

  /**
   * Limits how long an operation waits, in milliseconds: for its answer, and for a connection where one is to be expected. Then it
   * rejects, with the reason `'unreachable'` if it was never sent and `'timeout'` if it was. A server that is known to be away is
   * not waited for: docs/stores.md has a table of what is told when.
   *
   * @default 5000
   */
  timeoutMs?: number | undefined

  /**
   * Reads sessions of koa-session that koa-redis wrote, where there is none of this store's: under the id itself. The first
   * write moves such a session over, and `destroy` removes it. Servers with koa-session do not see it any more then.
   */
  from?: 'koa-redis' | undefined

  /**
   * Limits how many top-level keys a session has. A `create`, `merge` or `regenerate` that would set more rejects with the reason
   * `'size'`.
   *
   * @default 10000
   */
  maxSessionKeys?: number | undefined

  /**
   * Limits how many bytes a session's keys and values have, as JSON, in the same way.
   *
   * @default 1048576
   */
  maxSessionBytes?: number | undefined

  /**
   * Is how many replicas have to have a write before it is answered by which a session begins, ends, gets another id or another
   * subject: `create`, `destroy`, `destroyAll`, `clear`, `regenerate`, and a `merge` with a `subject`. A failover right after the
   * answer loses none of these then, if a replica takes over that had answered. Replicas are waited for (`WAIT`) for half of what
   * is left of `timeoutMs`; where fewer answer, the operation rejects with the reason `'replicas'`: docs/stores.md says what has
   * been done then. Reads, `touch` and other merges wait for nobody. Not with the format `'json'`.
   *
   * With a `client` of yours, the writes that wait are sent by a second one of its kind (`client.duplicate()`), which `close()`
   * closes, as the end of yours does; replicas are waited for up to five seconds. A client of a cluster is refused: it sends
   * `WAIT` to any node.
   *
   * @default 0
   */
  waitReplicas?: number | undefined

  /**
   * Says how sessions are stored. With `'json'`, as koa-redis does it: JSON under the prefix and the id itself. Servers with
   * koa-session and koa-redis can read and write the same sessions then, during a rollout or on the way back; the store has
   * `get`, `set` and `destroy` alone, without merging, lists and limits.
   *
   * @default 'merge'
   */
  format?: 'merge' | 'json' | undefined
}

/**
 * Says why an operation of a {@link RedisStore} failed. Nothing in it tells of ids, data and passwords, and its message not of
 * addresses. docs/stores.md has a table of the faults, what is told of each, and when.
 */
export interface RedisStoreError extends Error {
  code: 'ERR_SESSION_STORE'
  store: 'redis'
  /**
   * - `'timeout'`: there was no answer for `timeoutMs`; it may have been carried out
   * - `'lost'`: the connection broke before the answer, and no later one told what became of it; it may have been carried out
   * - `'unreachable'`: no server could be reached; it was not carried out, unless it only reads. A write that had been sent without
   *   an answer is told as `'lost'`
   * - `'denied'`: the server refuses the user, the password or the command
   * - `'tls'`: the certificate is not trusted, the server has no TLS, or it has TLS alone
   * - `'options'`: the server is not what the options say: it has no such database, is in no cluster or in one, is no sentinel,
   *   knows no such master, or is no Redis
   * - `'server'`: the server answered with an error: see `errcode`
   * - `'unreadable'`: what is stored there is not a session of this store
   * - `'input'`: what was given is not what it has to be, as data that are no JSON
   * - `'size'`: the session would be larger than it may be: see `keys` and `bytes`
   * - `'index'`: the index of subjects was lost again while it was made anew
   * - `'replicas'`: fewer replicas have it than `waitReplicas` says: see `wanted` and `acknowledged`. What was to end has ended, and
   *   a failover may bring it back; what was to be created is not there; what was to move is where it was. So it is safe to call again
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
  /** The number of replicas that have to have it, and of those that do. */
  wanted?: number | undefined
  acknowledged?: number | undefined
  /** The server that it is about, as far as that is known; with a client of yours, as far as its errors tell. */
  host?: string | undefined
  port?: number | undefined
  /** The Unix socket, in place of host and port. */
  path?: string | undefined
  /**
   * What the system, TLS, the server or a client of yours told. Its `code` is the system's (`'ECONNREFUSED'`, `'ENOTFOUND'`,
   * `'ETIMEDOUT'`), or Node.js's for what is wrong with a certificate (`'CERT_HAS_EXPIRED'`).
   */
  cause?: Error & { code?: string | undefined } | undefined
}

/**
 * Keeps sessions in Redis (6 or newer) or Valkey: for several machines. One server, a cluster, or what sentinels name.
 *
 * What an app asks for in one turn of the event loop leaves together, from a thread of the store's own. It connects when it is
 * first used. Where a connection breaks, what was sent is sent again. A `create` or `merge` is so once, and rejects with the reason
 * `'lost'` where what is stored does not tell whether it was carried out before. A connection that says nothing is left for a new
 * one, or for the server that sentinels or the cluster have put in its place. A store that waits for nothing does not keep the
 * process alive.
 *
 * A write is acknowledged when the server has it. What a crash of that server may lose is up to its `appendfsync`, and what a
 * failover may lose, to its replication (see `waitReplicas`); who writes to a session that was lost so is answered `'missing'`. A server that evicts
 * (`maxmemory-policy`) ends sessions before their time. A process that dies while it gives a session its new id leaves it
 * under one of both ids, and never under both; nobody writes to it then for ten seconds at most.
 *
 * Its addon is the package `koa-session-rs-redis`, to be installed beside this one in the same version.
 *
 * @throws SessionOptionError for an option that is not what it has to be, or that there is none of; Error with the code
 * `ERR_SESSION_BINDING` where the addon cannot be loaded. Methods reject with {@link RedisStoreError}.
 *
 * @example
 * import { RedisStore } from 'koa-session-rs/stores/redis'
 *
 * app.use(session({ store: new RedisStore({ url: 'redis://127.0.0.1:6379' }) }, app))
 */
export class RedisStore implements SessionStore {
  constructor (options?: RedisStoreOptions)
  /** Is undefined with the format 'json'. */
  readonly [session.STORE]: 1
  create (id: string, record: NewRecord, ttlMs: number): Promise<Created | 'taken' | 'refused'>
  load (id: string): Promise<LoadedRecord | undefined>
  merge (id: string, changes: Changes, ttlMs: number): Promise<Merged | 'missing' | 'refused'>
  touch (id: string, ttlMs: number): Promise<Touched | 'missing'>
  regenerate (
    oldId: string, newId: string, changes: Changes, ttlMs: number
  ): Promise<Merged | 'missing' | 'taken' | 'refused'>
  /** Destroys a session. Where the connection broke in between, the answer may be false although there was one. */
  destroy (id: string): Promise<boolean>
  list (subject: string): Promise<ListedSession[]>
  destroyAll (subject: string, which?: WhichSessions): Promise<number>
  /** Destroys all sessions under the prefix, by looking through all keys of the database. */
  clear (): Promise<void>
  /** Waits for what was asked before, and closes the connections. Every later call rejects with the reason `'closed'`. */
  close (): Promise<void>
  get (id: string): Promise<any>
  set (id: string, record: object, maxAge?: number | 'session'): Promise<void>
}
