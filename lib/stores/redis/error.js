'use strict'

const { sessionError, warnOnce } = require('../../base/errors')

const MESSAGES = {
  timeout: 'the server did not reply in time: the operation may have been executed',
  lost: 'the connection broke before the reply: the operation may have been executed',
  unreachable: 'no server could be reached',
  denied: 'the server refuses the user, the password or the command',
  tls: 'a TLS connection failed, or the server requires TLS: see cause',
  options: 'the server does not match the options: see cause',
  closed: 'the store is closed',
  server: 'the server replied with an error',
  unreadable: 'the stored record is not a session of this store',
  input: 'an argument is invalid',
  prefix: 'without a prefix, clear() would remove all keys of the database',
  size: 'the session exceeds maxSessionKeys or maxSessionBytes',
  index: 'the index of subjects was lost again while it was rebuilt',
  replicas: 'fewer replicas than waitReplicas have the write'
}

/** Codes of errors that occur before anything is sent, by their beginnings. */
const UNSENT = [
  ['unreachable', /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)/],
  ['tls', /^(?:CERT_|DEPTH_ZERO_|EPROTO|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/]
]

/** Names of such errors of node-redis, which have no codes. */
const UNSENT_NAMES = ['ClientClosedError', 'ClientOfflineError']

/**
 * Makes the error of an operation that failed.
 *
 * @param {string} failure a reason; after a space, the first word of the server's error, or numbers; in a second line, more
 *   fields as JSON
 */
function storeError (failure) {
  const [what, details] = failure.split('\n')
  const [reason, ...more] = what.split(' ')
  const text = more.length === 0 ? MESSAGES[reason] : `${MESSAGES[reason]} (${describe(reason, more)})`
  const error = Object.assign(sessionError('ERR_SESSION_STORE', `The Redis store: ${text}`), { store: 'redis', reason })
  if (reason === 'size') return Object.assign(error, { keys: Number(more[0]), bytes: Number(more[1]) })
  if (reason === 'replicas') Object.assign(error, { wanted: Number(more[0]), acknowledged: Number(more[1]) })
  else if (more.length > 0) error.errcode = more[0]
  if (!details) return error
  const { message, code, ...where } = JSON.parse(details)
  if (message !== undefined) setCause(error, Object.assign(new Error(message), code && { code }))
  return Object.assign(error, where)
}

/** Sets an error's cause as its constructor would. */
function setCause (error, value) {
  return Object.defineProperty(error, 'cause', { value, writable: true, configurable: true })
}

/**
 * Adds what the user's client threw to an error: as its cause, with the server's address.
 *
 * @param {Error} error of storeError
 * @param {*} thrown by the client
 */
function withCause (error, thrown) {
  if (thrown === undefined) return error
  const { address, hostname = address, port, path } = thrown ?? {}
  const where = Object.entries({ host: hostname, port, path }).filter(([, value]) => value !== undefined)
  return Object.assign(setCause(error, copyOf(thrown)), Object.fromEntries(where))
}

/** Returns the reason for a client's error that is not a reply of the server. */
function reasonOf ({ code, constructor }) {
  const [reason] = UNSENT.find(([, codes]) => codes.test(code)) ?? []
  return reason ?? (UNSENT_NAMES.includes(constructor?.name) ? 'unreachable' : 'lost')
}

/** Copies what a client threw without the command's arguments, which ioredis has in its errors, and which servers quote. */
function copyOf (thrown) {
  const { name = 'Error', message = String(thrown), code } = thrown ?? {}
  const [text] = message.split(', with args')
  return Object.assign(new Error(text), { name }, code && { code })
}

/** Warns once per process of clocks that differ much. The text has the seconds by which the server's clock is ahead. */
function warnOfSkew (text) {
  const seconds = Number(text)
  warnOnce('KOA_SESSION_RS_CLOCK', `the clock of a Redis server is ${Math.round(Math.abs(seconds))} s ` +
    `${seconds > 0 ? 'ahead of' : 'behind'} this machine's. A session's expiry is set by the clock of the machine that writes ` +
    'it, so machines whose clocks differ end each other\'s sessions too early or too late')
}

/** Describes the numbers or the word behind a reason. */
function describe (reason, more) {
  if (reason === 'replicas') return `${more[1]} of ${more[0]}`
  return reason === 'size' ? `${more[0]} keys, ${more[1]} bytes` : more[0]
}

module.exports = { reasonOf, storeError, warnOfSkew, withCause }
