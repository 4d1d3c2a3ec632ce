/** Is what an adapter makes: a store for `session({ store })`. */
export interface AdaptedStore {
  /** Gives a record; `undefined` where there is none. */
  get (id: string, maxAge?: number | 'session', request?: { ctx?: any }): Promise<any>

  /** Writes a record for so many milliseconds. */
  set (
    id: string, record: object, maxAge?: number | 'session', request?: { ctx?: any, changed?: boolean, rolling?: boolean }
  ): Promise<void>

  /** Removes a record. */
  destroy (id: string, request?: { ctx?: any }): Promise<void>
}

/** Adjusts an adapter to its store. */
export interface AdapterOptions {
  /**
   * Waits for so many milliseconds where the store has emitted 'disconnect' and not yet 'connect'. Then, and without it at
   * once, calls reject with the code `ERR_SESSION_STORE`, so that the option `onStoreError` decides.
   *
   * @default 0
   */
  reconnectTimeout?: number | undefined
}
