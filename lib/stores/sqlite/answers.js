'use strict'

const { sessionError } = require('../../base/errors')

/** Why nothing was written, by the number that stands for it. */
const OUTCOMES = new Map([[-1, 'missing'], [-2, 'taken'], [-3, 'refused']])

/** Makes the error of a failure that the addon tells. */
function storeError (file, { reason, errcode, message }) {
  // A caller's fault, and not the database's.
  if (reason === 'input') return sessionError('ERR_SESSION_RECORD', message)
  const error = sessionError('ERR_SESSION_STORE', `The SQLite store ${file}: ${message}`)
  Object.assign(error, { store: 'sqlite', file, reason })
  if (errcode !== undefined) error.errcode = errcode
  return error
}

/** How an answer is read, by what was asked. */
const READ = {
  created (answer) {
    const written = READ.merged(answer)
    return typeof written === 'string' ? written : { rev: written.rev }
  },
  merged (answer) {
    if (typeof answer === 'number') return OUTCOMES.get(answer)
    const [rev, maxAge, conflicts] = JSON.parse(answer)
    return { rev, conflicts, maxAge }
  },
  touched: (answer) => OUTCOMES.get(answer) ?? { maxAge: JSON.parse(answer) },
  found: (answer) => answer === 1,
  count: (answer) => answer,
  done () {}
}

/** The writes of a store that were not answered yet, by their slots. It knows nothing of the store, which may go before it. */
class Answers {
  #file
  #pending = new Map()
  #next = 0

  constructor (file) {
    this.#file = file
  }

  /**
   * Waits for an answer.
   *
   * @param {(answer: number|string) => *} read one of READ
   * @param {(slot: number) => void} send asks
   */
  wait (read, send) {
    return new Promise((resolve, reject) => {
      const slot = this.#next
      this.#next = (slot + 1) >>> 0
      send(slot)
      this.#pending.set(slot, { resolve, reject, read })
    })
  }

  /** Takes the answers of a batch. */
  take (slots, answers) {
    for (let i = 0; i < slots.length; i++) {
      const { resolve, reject, read } = this.#pending.get(slots[i])
      this.#pending.delete(slots[i])
      const answer = answers[i]
      if (typeof answer === 'object') reject(storeError(this.#file, answer))
      else resolve(read(answer))
    }
  }
}

module.exports = { Answers, READ, storeError }
