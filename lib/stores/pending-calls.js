'use strict'

// Not the one that a test's clock has put in its place.
const { setInterval } = require('node:timers')
const { ANSWER_NUMBERS, hasText, isFailure, readAnswer } = require('./answers')

/** Does nothing but keep the process alive while an answer of any store's is due. */
let timer
let due = 0

function hold () {
  timer ??= setInterval(() => {}, 0x7fffffff)
  if (due++ === 0) timer.ref()
}

function release () {
  if (--due === 0) timer.unref()
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

  /**
   * Asks for something, and gives the promise of its answer; it rejects where asking throws.
   *
   * @param {(callId: number) => void} ask
   */
  wait (ask) {
    return new Promise((resolve, reject) => {
      const id = this.#free.length === 0 ? this.#resolves.length : this.#free[this.#free.length - 1]
      ask(id)
      this.#free.pop()
      this.#resolves[id] = resolve
      this.#rejects[id] = reject
      this.#count++
      hold()
    })
  }

  /** Takes answers: the id of the call before the numbers of each. */
  take (numbers, texts) {
    let nextText = 0
    for (let at = 1; at < numbers.length; at += 1 + ANSWER_NUMBERS) {
      const text = hasText(numbers, at) ? texts[nextText++] : undefined
      this.#settle(numbers[at - 1], readAnswer(numbers, at, text, this.#toError), isFailure(numbers, at))
    }
    if (this.#count === 0) this.#whenIdle?.()
  }

  #settle (id, answer, isFailure) {
    if (id < 0) return this.#onNotice(answer)
    const settle = isFailure ? this.#rejects[id] : this.#resolves[id]
    settle(answer)
    this.#resolves[id] = this.#rejects[id] = undefined
    this.#free.push(id)
    this.#count--
    release()
  }

  /** Waits until nothing is due any more, for good. */
  async end () {
    if (this.#count > 0) await new Promise((resolve) => { this.#whenIdle = resolve })
  }
}

module.exports = { PendingCalls }
