'use strict'

/** The revocations of a request's session, where it lives in its cookie (option `revocations`). */

const { callHook } = require('../base/hook')
const { sessionError } = require('../base/errors')
const { subjectOf } = require('../base/subject')
const { handleFailure } = require('../persistence/store-failure')
const { Revocations } = require('../session/revocations')

/** Returns the revocations that the options name. */
function revocationsOf ({ revocations, absoluteTimeout }) {
  return Revocations.of(revocations, absoluteTimeout)
}

/**
 * Asks whether a session that came was revoked.
 *
 * @param {import('./context-session').ContextSession} contextSession
 * @param {object} data
 * @returns {Promise<'valid'|'revoked'|'unknown'>} unknown: the store has failed, and `onStoreError` lets the request go on
 */
async function askRevoked (contextSession, data) {
  const { times, options } = contextSession
  const subject = subjectOf(contextSession, data)
  try {
    const isRevoked = await revocationsOf(options).isRevoked({ id: times.id, subject, authenticatedAt: times.authenticatedAt })
    return isRevoked ? 'revoked' : 'valid'
  } catch (err) {
    await handleFailure(contextSession, err, 'get')
    return 'unknown'
  }
}

/** Revokes the ids under which the browser has the session, and one that it replaces. */
async function revokeIds (contextSession) {
  const { times, options } = contextSession
  try {
    for (const id of times.savedIds) await revocationsOf(options).revokeSession(id)
    times.forgetSavedIds()
  } catch (err) {
    await handleFailure(contextSession, err, 'destroy')
  }
}

/**
 * Revokes all sessions of this session's subject that have authenticated until now, this one included.
 *
 * @throws {Error} code ERR_SESSION_SUBJECT without the option `subject`; what the store throws
 */
async function revokeSubject (contextSession) {
  const { options } = contextSession
  if (options.subject == null) throw sessionError('ERR_SESSION_SUBJECT', 'to revoke sessions needs the option subject')
  const subject = subjectOf(contextSession, contextSession.get())
  if (subject !== null) await callHook(() => revocationsOf(options).revokeSubject(subject))
}

module.exports = { askRevoked, revocationsOf, revokeIds, revokeSubject }
