/** A store for `session({ store })`, as an adapter makes it. */
export interface AdaptedStore {
  /** Reads a record; `undefined` if there is none. */
  get (id: string, maxAge?: number | 'session', request?: { ctx?: any }): Promise<any>

  /** Writes a record, to be kept for `maxAge` milliseconds. */
  set (
    id: string, record: object, maxAge?: number | 'session', request?: { ctx?: any, changed?: boolean, rolling?: boolean }
  ): Promise<void>

  /** Removes a record. */
  destroy (id: string, request?: { ctx?: any }): Promise<void>
}

/** Options of each adapter. */
export interface PrefixOptions {
  /**
   * Sets what is put before each id, to make the key by which the store gets it. koa-generic-session stores its sessions under
   * `koa:sess:` and the id, koa-session-minimal under the cookie's name, a colon and the id. The default puts nothing.
   *
   * @default ''
   */
  prefix?: string | undefined
}

/** Options of an adapter whose store may be disconnected. */
export interface AdapterOptions extends PrefixOptions {
  /**
   * Sets how many milliseconds a call waits for 'connect' after the store has emitted 'disconnect'. Then it rejects with the code
   * `ERR_SESSION_STORE`, so that the option `onStoreError` decides. The default rejects at once.
   *
   * @default 0
   */
  reconnectTimeout?: number | undefined
}
