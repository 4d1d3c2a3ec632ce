'use strict'

const binding = require('../native/binding')
const { isSameJson } = require('./json')
const { Session, stringify } = require('./session')

/**
 * Tells whether the session differs from what is at the other end: key by key where that does, else by its JSON.
 *
 * @param {object} context the ContextSession
 * @param {Session} session
 */
function isChanged (context, session) {
  const { opened, snapshot, options } = context
  const differs = snapshot?.isDifferent(session)
  if (differs !== undefined) return differs
  const json = jsonOf(context, session)
  if (opened === undefined) return json !== writtenOf(context)
  // Rewritten in a session of its own: what the data say of maxAge has been heard.
  return !isSameJson(opened, json, (data) => stringify(Session.from({ options, assignMaxAge () {} }, data, true)))
}

/** Gives the JSON of what is at the other end, where that has not come in as JSON. */
function writtenOf (context) {
  if (context.written === undefined && context.snapshot !== undefined) {
    context.written = JSON.stringify(context.snapshot.toObject())
  }
  return context.written
}

/**
 * Tells what a session has otherwise than what is at the other end.
 *
 * @returns {[string, string]} a JSON object of the keys that were added or changed, and a JSON array of those that are gone; each
 * empty where there are none
 */
function changesOf (context, session) {
  const set = context.snapshot?.changes(session)
  if (set !== undefined) return [set, '']
  const opened = context.opened ?? writtenOf(context)
  const json = jsonOf(context, session)
  return (json === opened ? undefined : binding.difference(opened, json)) ?? ['', '']
}

/** Gives the session's JSON, written once for all who ask while it is committed. */
function jsonOf (context, session) {
  context.json ??= stringify(session)
  return context.json
}

module.exports = { changesOf, isChanged, jsonOf, writtenOf }
