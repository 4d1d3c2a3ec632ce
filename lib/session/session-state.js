'use strict'

/**
 * What a session knows of itself beside its data. It is in a private field: no data have its name, and it costs a session less
 * than a property that nobody enumerates.
 */

/**
 * Not a literal: where many requests wait, V8 takes those that it makes in one place for long-lived, and puts them among the old
 * objects. There each keeps its request, with all that belongs to it, until the next collection of those.
 */
class State {
  requireSave = false

  /**
   * @param {object} context the ContextSession that the session belongs to
   * @param {boolean} isNew
   * @param {number} [expire] milliseconds
   */
  constructor (context, isNew, expire) {
    this.context = context
    this.isNew = isNew
    this.expire = expire
  }

  /** Returns the same of another context's session. */
  of (context) {
    const state = new State(context, this.isNew, this.expire)
    state.requireSave = this.requireSave
    return state
  }
}

/** Returns the object it is given: what derives from it puts its private fields there. */
class ReturnOverride {
  constructor (object) {
    return object
  }
}

class StateHolder extends ReturnOverride {
  /** One field, since each that an object is given costs anew. */
  #state

  constructor (object, state) {
    super(object)
    this.#state = state
  }

  /** Returns whether an object has a state of its own: whether it is a session. */
  static isSession (object) {
    return #state in object
  }

  /**
   * Finds the state of a session, or of the one that an object inherits from.
   *
   * @param {object} object
   * @returns {State|undefined} undefined for a copy, and for a Proxy, through which no private field is seen
   */
  static stateOf (object) {
    for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
      if (#state in at) return at.#state
    }
  }
}

/** Gives an object a state: before its prototype is changed, after which it is slow to take a field. */
function giveState (object, state) {
  return new StateHolder(object, state)
}

const { isSession, stateOf } = StateHolder

module.exports = { State, giveState, isSession, stateOf }
