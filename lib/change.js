'use strict'

const binding = require('./binding')
const { isSameJson } = require('./json')
const { Session, isDifferent, stringify } = require('./session')

/**
 * Tells whether the session differs from what is at the other end: key by key where that does, else by its JSON.
 *
 * @param {object} context the ContextSession
 * @param {Session} session
 */
function isChanged (context, session) {
  const { opened, snapshot, options } = context
  const differs = snapshot && isDifferent(snapshot, session)
  if (differs !== undefined) return differs
  const json = jsonOf(context, session)
  if (opened === undefined) return binding.fingerprint(json) !== fingerprintOf(context)
  // Rewritten in a session of its own: what the data say of maxAge has been heard.
  return !isSameJson(opened, json, (data) => stringify(Session.from({ options }, data, true)))
}

/** Gives the fingerprint of what is at the other end. */
function fingerprintOf (context) {
  if (context.fingerprint === undefined && context.snapshot !== undefined) {
    context.fingerprint = binding.fingerprint(JSON.stringify(context.snapshot.toObject()))
  }
  return context.fingerprint
}

/** Gives the session's JSON, written once for all who ask while it is committed. */
function jsonOf (context, session) {
  context.json ??= stringify(session)
  return context.json
}

module.exports = { isChanged, jsonOf }
