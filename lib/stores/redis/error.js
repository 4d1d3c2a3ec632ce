'use strict'

const { sessionError, warnOnce } = require('../../base/errors')

const MESSAGES = {
  timeout: 'there was no answer in time: it may have been carried out',
  lost: 'the connection broke before the answer: it may have been carried out',
  unreachable: 'no server could be reached',
  denied: 'the server refuses the user, the password or the command',
  tls: 'there is no TLS with the server, or there should be: see cause',
  options: 'the server is not what the options say: see cause',
  closed: 'it was closed',
  server: 'the server answered with an error',
  unreadable: 'what is stored there is not a session of this store',
  input: 'what was given is not what it has to be',
  prefix: 'without a prefix, clear() would remove all keys of the database',
  size: 'the session is larger than it may be',
  index: 'the index of subjects was lost again while it was made anew',
  replicas: 'fewer replicas have it than waitReplicas says'
}

/** Codes of errors that come before anything is sent, by what they begin with. */
const UNSENT = [
  ['unreachable', /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)/],
  ['tls', /^(?:CERT_|DEPTH_ZERO_|EPROTO|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/]
]

/** Names of node-redis's errors of that kind, which have no codes. */
const UNSENT_NAMES = ['ClientClosedError', 'ClientOfflineError']

/**
 * Makes the error of an operation that failed.
 *
 * @param {string} failure a reason, and behind a space the first word of the server's error, or sizes; in a second line, more as
 *   JSON
 */
function storeError (failure) {
  const [what, details] = failure.split('\n')
  const [reason, ...more] = what.split(' ')
  const told = more.length === 0 ? MESSAGES[reason] : `${MESSAGES[reason]} (${describe(reason, more)})`
  const error = Object.assign(sessionError('ERR_SESSION_STORE', `The Redis store: ${told}`), { store: 'redis', reason })
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
 * Has an error tell what a client of the user's threw.
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

/** Gives the reason that an error of a client's stands for, which is no answer of the server's. */
function reasonOf ({ code, constructor }) {
  const [reason] = UNSENT.find(([, codes]) => codes.test(code)) ?? []
  return reason ?? (UNSENT_NAMES.includes(constructor?.name) ? 'unreachable' : 'lost')
}

/** Copies what a client threw, but for what was sent: ioredis has that in its errors, and servers quote it. */
function copyOf (thrown) {
  const { name = 'Error', message = String(thrown), code } = thrown ?? {}
  const [told] = message.split(', with args')
  return Object.assign(new Error(told), { name }, code && { code })
}

/** Warns of clocks that are far apart, once a process: the addon tells how many seconds the server's is ahead. */
function warnOfSkew (text) {
  const seconds = Number(text)
  warnOnce('KOA_SESSION_RS_CLOCK', `the clock of a Redis server is ${Math.round(Math.abs(seconds))} s ` +
    `${seconds > 0 ? 'ahead of' : 'behind'} this machine's: sessions live as long as the clock says of the machine that writes ` +
    'them, so that machines whose clocks differ end each other\'s too early or too late')
}

/** Tells what there is beside a reason. */
function describe (reason, more) {
  if (reason === 'replicas') return `${more[1]} of ${more[0]}`
  return reason === 'size' ? `${more[0]} keys, ${more[1]} bytes` : more[0]
}

module.exports = { reasonOf, storeError, warnOfSkew, withCause }
