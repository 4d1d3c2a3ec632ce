'use strict'

/**
 * The times of a session: when it was created, used, and authenticated. They are kept in its envelope, beside `_expire`, and only with
 * the options that need them: `absoluteTimeout` and `idleTimeout`. With `revocations`, the envelope also has the id of a session that
 * lives in its cookie.
 */

const { newId } = require('../base/id')
const { now } = require('../base/clock')

/** The keys of the envelope. */
const KEYS = ['_created', '_seen', '_auth', '_id']

/** The random bytes of an id. */
const ID_BYTES = 16

/** `_seen` is written at most once in a twentieth of idleTimeout. */
const SEEN_PARTS = 20

class Times {
  #contextSession
  /** The times, by the keys of the envelope, in milliseconds. */
  #times = {}
  /** The same, as the store or the browser has them. */
  #saved = {}
  /** When the session that came was saved last, if its envelope shows that. */
  #savedAt
  /** The id of a session that the app has removed and replaced. */
  #replacedId

  constructor (contextSession) {
    this.#contextSession = contextSession
  }

  /** Returns whether a key belongs to the times. */
  isKey (key) { return KEYS.includes(key) }

  get createdAt () { return this.#times._created }
  get authenticatedAt () { return this.#times._auth }

  /** Returns the id; undefined before the first save, and without `revocations`. */
  get id () { return this.#times._id }

  /** Returns the ids under which the browser has this session, and one that it replaces. */
  get savedIds () { return [this.#replacedId, this.#saved._id].filter((id) => id !== undefined) }

  /** Returns whether this session replaces one that has an id. */
  get isReplacing () { return this.#replacedId !== undefined }

  /** Returns the end of the timeouts, in milliseconds: Infinity if none is known. */
  get endsAt () {
    const { absoluteTimeout = Infinity, idleTimeout = Infinity } = this.#contextSession.options
    return Math.min((this.#times._created ?? Infinity) + absoluteTimeout, (this.#times._seen ?? Infinity) + idleTimeout)
  }

  /** Returns whether a timeout has passed. */
  get isOver () { return now() > this.endsAt }

  /**
   * Returns whether the times have to be written, although the session has not changed: `_created` and `_id` of a session from before
   * the options, and `_seen` after a twentieth of idleTimeout.
   */
  get isDue () {
    const { absoluteTimeout, idleTimeout, revocations } = this.#contextSession.options
    if (revocations != null && this.#saved._id === undefined) return true
    if (absoluteTimeout != null && this.#saved._created === undefined && this.#savedAt === undefined) return true
    return idleTimeout != null && !(now() - this.#saved._seen < idleTimeout / SEEN_PARTS)
  }

  /**
   * Takes the times out of data that came, and returns the others.
   *
   * @param {object} data with the envelope; not modified, since the store may keep it
   * @returns {object}
   */
  take (data) {
    const { _created, _seen, _auth, _id, ...rest } = data
    this.reset()
    for (const [key, time] of Object.entries({ _created, _seen, _auth })) {
      if (Number.isFinite(time)) this.#times[key] = time
    }
    if (typeof _id === 'string' && this.#contextSession.options.revocations != null) this.#times._id = _id
    this.#saved = { ...this.#times }
    const { _expire: expire, _maxAge: maxAge } = data
    if (Number.isFinite(expire) && Number.isFinite(maxAge)) this.#savedAt = expire - maxAge
    // A session from before the option: it was created at that time, or earlier.
    this.#times._created ??= this.#savedAt
    return rest
  }

  /** Forgets the times, for a new session. */
  reset () {
    this.#times = {}
    this.#saved = {}
    this.#savedAt = this.#replacedId = undefined
  }

  /** Forgets the times, for a session that replaces the present one. */
  replace () {
    const replacedId = this.#replacedId ?? this.#saved._id
    this.reset()
    this.#replacedId = replacedId
  }

  /** Notes that the ids that the browser has are revoked. */
  forgetSavedIds () {
    this.#replacedId = this.#saved._id = undefined
  }

  /** Notes that the user has authenticated: the absolute timeout begins again. */
  authenticate (time = now()) {
    this.#times._auth = this.#times._created = time
  }

  /** Takes a new id with the next save. */
  forgetId () {
    this.#times._id = undefined
  }

  /** Returns the times as they are to be written now. */
  #stamp () {
    const { absoluteTimeout, idleTimeout, revocations } = this.#contextSession.options
    if (revocations != null) this.#times._id ??= newId('', ID_BYTES)
    if (absoluteTimeout != null) this.#times._created ??= now()
    if (idleTimeout != null) this.#times._seen = now()
    return this.#times
  }

  /** Adds the times to a record or to data, and returns it. */
  addTo (data) {
    return Object.assign(data, this.#stamp())
  }

  /** Adds the times to the JSON of an object. */
  addToJson (json) {
    return withKeys(json, this.#stamp())
  }

  /** Adds the times that have changed to the JSON of the keys that a merge sets; an empty string means no key. */
  addChanges (set) {
    const times = this.#stamp()
    const changed = Object.fromEntries(Object.entries(times).filter(([key, time]) => time !== this.#saved[key]))
    return Object.keys(changed).length === 0 ? set : withKeys(set === '' ? '{}' : set, changed)
  }

  /** Notes that the times have been written. */
  markSaved () {
    this.#saved = { ...this.#times }
  }
}

/** Adds keys to the JSON of an object. */
function withKeys (json, added) {
  const keys = JSON.stringify(added).slice(1)
  return json === '{}' ? `{${keys}` : keys === '}' ? json : `${json.slice(0, -1)},${keys}`
}

module.exports = { Times }
