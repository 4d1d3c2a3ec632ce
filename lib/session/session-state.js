'use strict'

/**
 * The state of a session object, beside its data. It is in a private field: its name cannot clash with a key of the data, and it
 * costs less than a non-enumerable property.
 */

/** What a session object knows besides its data. */
class State {
  requireSave = false

  /**
   * @param {object} contextSession the one that the session belongs to
   * @param {boolean} isNew
   * @param {number} [expire] milliseconds
   */
  constructor (contextSession, isNew, expire) {
    this.contextSession = contextSession
    this.isNew = isNew
    this.expire = expire
  }

  /** Returns a copy for the session of another ContextSession. */
  copyFor (contextSession) {
    const state = new State(contextSession, this.isNew, this.expire)
    state.requireSave = this.requireSave
    return state
  }
}

/** Its constructor returns the given object, if there is one, so that a subclass adds its private fields to that. */
class ReturnOverride {
  constructor (object) {
    if (object !== undefined) return object
  }
}

class StateHolder extends ReturnOverride {
  /** One field for the whole state, since each field added to an object costs time. */
  #state

  /**
   * @param {State} state
   * @param {object} [object] the object that is given the state; a new one by default
   */
  constructor (state, object) {
    super(object)
    // An app can reach this constructor through that of its session.
    if (state instanceof State) this.#state = state
  }

  /** Returns whether an object is a session: it has a state itself, not by inheritance. */
  static isSession (object) {
    return #state in object
  }

  /**
   * Finds the state of a session, or of the one that an object inherits from.
   *
   * @param {object} object
   * @returns {State|undefined} undefined for a copy, and for a Proxy, which has no private fields
   */
  static stateOf (object) {
    for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
      if (#state in at) return at.#state
    }
  }
}

const { isSession, stateOf } = StateHolder

module.exports = { State, StateHolder, isSession, stateOf }
