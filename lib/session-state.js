'use strict'

/**
 * What a session knows of itself beside its data.
 *
 * Not a literal: where many requests wait, V8 takes those that it makes in one place for long-lived, and puts them among the old
 * objects. There each keeps its request, with all that belongs to it, until the next collection of those.
 */
class State {
  requireSave = false

  constructor (context, isNew, expire) {
    this.context = context
    this.isNew = isNew
    this.expire = expire
  }

  /** Gives the same of another context's session. */
  of (context) {
    const state = new State(context, this.isNew, this.expire)
    state.requireSave = this.requireSave
    return state
  }
}

module.exports = { State }
