'use strict'

const binding = require('../native/binding')
const { isSameJson } = require('./json')
const { Session, stringify } = require('./session')
const { Snapshot } = require('./snapshot')

/** What the other end has of a session, the store or the browser: what the dirty check compares the session with. */
class Baseline {
  #text
  #json
  #snapshot

  /** Makes one of JSON as it came in, or as it was sent; with a snapshot of its data, where they are flat. */
  static ofText (text, snapshot) {
    const baseline = new Baseline()
    baseline.#text = text
    baseline.#snapshot = snapshot
    return baseline
  }

  /** Makes one of a session as this process writes it. */
  static of (draft, snapshot = Snapshot.of(draft.session)) {
    return Baseline.ofData(snapshot, snapshot ? undefined : draft.json)
  }

  /** Makes one of data as this process writes them: their snapshot where they are flat, else their JSON. */
  static ofData (snapshot, json) {
    const baseline = new Baseline()
    baseline.#snapshot = snapshot
    baseline.#json = json
    return baseline
  }

  /** Returns the JSON as it came in; undefined where none did. */
  get text () { return this.#text }

  /** Returns the JSON, as it came in or as this process writes it. */
  get json () {
    if (this.#text !== undefined) return this.#text
    this.#json ??= JSON.stringify(this.#snapshot.toObject())
    return this.#json
  }

  /**
   * Returns whether a session differs: key by key where that does, else by its JSON.
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
   * Tells what a session has otherwise.
   *
   * @param {import('./draft').Draft} draft
   * @returns {[string, string]} a JSON object of the keys that were added or changed, and a JSON array of those that are gone;
   * each empty where there are none
   */
  changes (draft) {
    const set = this.#snapshot?.changes(draft.session)
    if (set !== undefined) return [set, '']
    const { json } = this
    return (draft.json === json ? undefined : binding.difference(json, draft.json)) ?? ['', '']
  }
}

/** Writes data as a session of them is written. What they say of maxAge has been heard. */
function rewrite (data, options) {
  return stringify(Session.from({ options, adoptMaxAge () {}, assignMaxAge () {} }, data, true))
}

module.exports = { Baseline }
