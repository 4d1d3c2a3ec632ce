'use strict'

const binding = require('../native/binding')
const { isSameJson } = require('./json')
const { Session, stringify } = require('./session')
const { Snapshot } = require('./snapshot')

/** What the store or the browser has of a session: the dirty check compares the session with it. */
class Baseline {
  #text
  #json
  #snapshot

  /** Makes a baseline of JSON that was loaded or sent, with a snapshot of its data if they are flat. */
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

  /** Makes a baseline of data as this process writes them: a snapshot if they are flat, else their JSON. */
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
    this.#json ??= JSON.stringify(this.#snapshot.toObject())
    return this.#json
  }

  /**
   * Returns whether a session differs from the baseline: compared key by key where a snapshot allows that, else as JSON.
   *
   * @param {import('./draft').Draft} draft
   * @param {object} options
   */
  isChanged (draft, options) {
    const differs = this.#snapshot?.isDifferent(draft.session)
    if (differs !== undefined) return differs
    if (this.#text === undefined) return draft.json !== this.json
    return !isSameJson(this.#text, draft.json, (data) => rewrite(data, options))
  }

  /**
   * Lists the changes of a session since the baseline.
   *
   * @param {import('./draft').Draft} draft
   * @returns {[string, string]} a JSON object of the keys that were added or changed, and a JSON array of the deleted keys; each an
   * empty string if there are none
   */
  changes (draft) {
    const set = this.#snapshot?.changes(draft.session)
    if (set !== undefined) return [set, '']
    const { json } = this
    return (draft.json === json ? undefined : binding.difference(json, draft.json)) ?? ['', '']
  }
}

/** Serialises data as a session with these data would be. The maxAge in them is ignored: it has been read at the load. */
function rewrite (data, options) {
  return stringify(Session.from({ options, adoptMaxAge () {}, assignMaxAge () {} }, data, true))
}

module.exports = { Baseline }
