'use strict'

// Not those that a test's clock has put in their place.
const { clearInterval, setInterval } = require('node:timers')
const { sessionError, warnOnce } = require('../../base/errors')
const { readMaxAge } = require('../call-numbers')

/** What a result is; binding-redis/src/batch.rs has the same numbers. */
const STATUS = {
  DONE: 0,
  WRITTEN: 1,
  CONFLICTING: 2,
  TOUCHED: 3,
  MISSING: 4,
  TAKEN: 5,
  REFUSED: 6,
  NOTHING: 7,
  LOADED: 8,
  KNOWN: 9,
  LISTED: 10,
  COUNT: 11,
  TEXT: 12,
  FAILED: 13,
  SKEW: 14
}

/** Numbers of a result: its slot, its status, and these. */
const NUMBERS = 6

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

/** Warns of clocks that are far apart, once a process. */
function warnOfSkew (seconds) {
  warnOnce('KOA_SESSION_RS_CLOCK', `the clock of a Redis server is ${Math.round(Math.abs(seconds))} s ` +
    `${seconds > 0 ? 'ahead of' : 'behind'} this machine's: sessions live as long as the clock says of the machine that writes ` +
    'them, so that machines whose clocks differ end each other\'s too early or too late')
}

/** Tells what there is beside a reason. */
function describe (reason, more) {
  if (reason === 'replicas') return `${more[1]} of ${more[0]}`
  return reason === 'size' ? `${more[0]} keys, ${more[1]} bytes` : more[0]
}

/** Reads the result that stands at a place of the numbers; a failure is an Error. */
function readAnswer (numbers, at, text) {
  const number = numbers[at + 2]
  switch (numbers[at + 1]) {
    case STATUS.LOADED: return loaded(numbers, at, text)
    case STATUS.NOTHING: return undefined
    case STATUS.WRITTEN: return { rev: number, conflicts: [], maxAge: readMaxAge(numbers[at + 3]) }
    case STATUS.CONFLICTING: return { rev: number, conflicts: JSON.parse(text), maxAge: readMaxAge(numbers[at + 3]) }
    case STATUS.TOUCHED: return { maxAge: readMaxAge(number) }
    case STATUS.MISSING: return 'missing'
    case STATUS.TAKEN: return 'taken'
    case STATUS.REFUSED: return 'refused'
    case STATUS.KNOWN: return number === 1
    case STATUS.LISTED: return JSON.parse(text)
    case STATUS.COUNT: return number
    case STATUS.TEXT: return text
    case STATUS.FAILED: return storeError(text)
  }
}

function loaded (numbers, at, data) {
  return {
    data,
    rev: numbers[at + 2],
    expire: numbers[at + 3],
    maxAge: readMaxAge(numbers[at + 4]),
    hasSubject: numbers[at + 5] === 1
  }
}

/** Tells the results that have a text. */
function hasText (status) {
  return status === STATUS.LOADED || status === STATUS.CONFLICTING || status === STATUS.LISTED ||
    status === STATUS.TEXT || status === STATUS.FAILED
}

/** The operations that were not answered yet, by their slots. It knows nothing of the store, which may go before it. */
class Answers {
  #resolves = []
  #rejects = []
  #free = []
  #count = 0
  #idle
  // Does nothing but keep the process alive while an answer is due.
  #timer = setInterval(() => {}, 0x7fffffff).unref()

  /** Gives a slot for the next operation. */
  get next () { return this.#free.length === 0 ? this.#resolves.length : this.#free[this.#free.length - 1] }

  /** Waits for the answer at the next slot. */
  wait () {
    return new Promise((resolve, reject) => {
      const slot = this.#free.length === 0 ? this.#resolves.length : this.#free.pop()
      this.#resolves[slot] = resolve
      this.#rejects[slot] = reject
      if (this.#count++ === 0) this.#timer.ref()
    })
  }

  /** Takes the results of a batch. */
  take (numbers, texts) {
    let nextText = 0
    for (let at = 0; at < numbers.length; at += NUMBERS) {
      if (numbers[at + 1] === STATUS.SKEW) {
        warnOfSkew(numbers[at + 2])
        continue
      }
      const text = hasText(numbers[at + 1]) ? texts[nextText++] : undefined
      const answer = readAnswer(numbers, at, text)
      const slot = numbers[at]
      if (numbers[at + 1] === STATUS.FAILED) this.#rejects[slot](answer)
      else this.#resolves[slot](answer)
      this.#resolves[slot] = this.#rejects[slot] = undefined
      this.#free.push(slot)
      this.#count--
    }
    if (this.#count > 0) return
    this.#timer.unref()
    this.#idle?.()
  }

  /** Waits until nothing is due any more, for good. */
  async end () {
    if (this.#count > 0) await new Promise((resolve) => { this.#idle = resolve })
    clearInterval(this.#timer)
  }
}

module.exports = { Answers, readAnswer, reasonOf, storeError, withCause }
