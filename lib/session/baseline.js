'use strict'

const binding = require('../native/binding')
const { isSameJson } = require('./json')
const { Session, stringify } = require('./session')
const { NONE, Snapshot } = require('./snapshot')

/** What the store or the browser has of a session: the dirty check compares the session with it. */
class Baseline {
  #text
  #json
  #snapshot
  /** The draft that was compared last, and its difference, if the snapshot shows it. */
  #draft
  #compared

  /** Makes a baseline of JSON that was loaded or sent, with a snapshot of its data if they are plain. */
  static ofText (text, snapshot) {
    const baseline = new Baseline()
    baseline.#text = text
    baseline.#snapshot = snapshot
    return baseline
  }

  /** Makes a baseline of a session as this process writes it. */
  static of (draft, snapshot = Snapshot.of(draft.session)) {
    return Baseline.ofData(snapshot, snapshot ? undefined : draft.json)
  }

  /** Makes a baseline of data as this process writes them: a snapshot if they are plain, else their JSON. */
  static ofData (snapshot, json) {
    const baseline = new Baseline()
    baseline.#snapshot = snapshot
    baseline.#json = json
    return baseline
  }

  /** Returns the JSON that was loaded or sent; undefined if there is none. */
  get text () { return this.#text }

  /** Returns the JSON: `text`, or as this process writes the data. */
  get json () {
    if (this.#text !== undefined) return this.#text
    this.#json ??= this.#snapshot.toJson()
    return this.#json
  }

  /**
   * Returns whether a session differs from the baseline: compared key by key where a snapshot allows that, else as JSON.
   *
   * @param {import('./draft').Draft} draft
   * @param {object} options
   */
  isChanged (draft, options) {
    const difference = this.#difference(draft)
    if (difference !== undefined) return difference !== NONE
    if (this.#text === undefined) return draft.json !== this.json
    return !isSameJson(this.#text, draft.json, (data) => rewrite(data, options))
  }

  /**
   * Lists the changes of a session since the baseline.
   *
   * @param {import('./draft').Draft} draft
   * @returns {{ set: string, deleted: string[] }} a JSON object of the keys that were added or changed, an empty string if there are
   * none; and the keys that were deleted
   */
  changes (draft) {
    const difference = this.#difference(draft)
    if (difference !== undefined) return { set: draft.jsonOf(difference.set), deleted: difference.deleted }
    const { json } = this
    const [set, deleted] = (draft.json === json ? undefined : binding.difference(json, draft.json)) ?? ['', '']
    return { set, deleted: deleted === '' ? [] : JSON.parse(deleted) }
  }

  /** Compares a draft with the snapshot, once. */
  #difference (draft) {
    if (this.#draft !== draft) {
      this.#compared = this.#snapshot?.difference(draft.session)
      // Set afterwards: a getter in the data may compare another draft meanwhile.
      this.#draft = draft
    }
    return this.#compared
  }
}

/** Serialises data as a session with these data would be. The maxAge in them is ignored: it has been read at the load. */
function rewrite (data, options) {
  return stringify(Session.from({ options, adoptMaxAge () {}, assignMaxAge () {} }, data, true))
}

module.exports = { Baseline }
