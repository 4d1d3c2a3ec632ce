'use strict'

// Not the one that a test's clock has put in its place.
const { setInterval } = require('node:timers')
const { ANSWER_NUMBERS, hasText, isFailure, readAnswer } = require('./answers')

/** Does nothing but keep the process alive while stores wait for answers: so many of them. */
let timer
let waiting = 0

function hold () {
  timer ??= setInterval(() => {}, 0x7fffffff)
  if (waiting++ === 0) timer.ref()
}

function release () {
  if (--waiting === 0) timer.unref()
}

/**
 * The calls to an addon's thread that were not answered yet, by their ids. It knows nothing of the store, which may go before it.
 */
class PendingCalls {
  #resolves = []
  #rejects = []
  #free = []
  #count = 0
  #toError
  #onNotice
  #whenIdle

  /**
   * @param {(text: string) => Error} toError reads why the store failed
   * @param {(text: string) => void} [onNotice] is told what is no call's answer
   */
  constructor (toError, onNotice) {
    this.#toError = toError
    this.#onNotice = onNotice
  }

  /** The id of the next call. */
  get nextId () { return this.#free.length === 0 ? this.#resolves.length : this.#free[this.#free.length - 1] }

  /** Returns the promise of the answer to the call that has the next id. */
  wait () {
    return new Promise((resolve, reject) => {
      const id = this.#free.length === 0 ? this.#resolves.length : this.#free.pop()
      this.#resolves[id] = resolve
      this.#rejects[id] = reject
      if (this.#count++ === 0) hold()
    })
  }

  /** Takes answers: the id of the call before the numbers of each. */
  take (numbers, texts) {
    const before = this.#count
    let nextText = 0
    for (let at = 1; at < numbers.length; at += 1 + ANSWER_NUMBERS) {
      const id = numbers[at - 1]
      const answer = readAnswer(numbers, at, hasText(numbers, at) ? texts[nextText++] : undefined, this.#toError)
      if (id < 0) {
        this.#onNotice(answer)
        continue
      }
      const settle = isFailure(numbers, at) ? this.#rejects[id] : this.#resolves[id]
      settle(answer)
      this.#resolves[id] = this.#rejects[id] = undefined
      this.#free.push(id)
      this.#count--
    }
    if (this.#count > 0 || before === 0) return
    release()
    this.#whenIdle?.()
  }

  /** Waits until nothing is due any more, for good. */
  async end () {
    if (this.#count > 0) await new Promise((resolve) => { this.#whenIdle = resolve })
  }
}

module.exports = { PendingCalls }
