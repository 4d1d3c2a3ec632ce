'use strict'

// Node's own function, since a test may replace the global one by a fake timer.
const { setInterval } = require('node:timers')
const { ANSWER_NUMBERS, countTexts, isFailure, readAnswer } = require('./answers')

/** Keeps the process alive while stores wait for answers. */
let timer
/** The number of stores that wait. */
let waiting = 0

function hold () {
  timer ??= setInterval(() => {}, 0x7fffffff)
  if (waiting++ === 0) timer.ref()
}

function release () {
  if (--waiting === 0) timer.unref()
}

/**
 * The calls to an addon's thread without an answer yet, by their ids. It holds no reference to the store, which may be collected
 * before the answers arrive.
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
   * @param {(text: string) => Error} toError makes the error of a failure
   * @param {(text: string) => void} [onNotice] called with a message that is not the answer to a call
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

  /** Settles calls by their answers. The numbers of each answer follow the id of its call. */
  settle (numbers, texts) {
    const before = this.#count
    let nextText = 0
    for (let at = 1; at < numbers.length; at += 1 + ANSWER_NUMBERS) {
      const id = numbers[at - 1]
      const count = countTexts(numbers, at)
      const lists = count > 1 ? texts.slice(nextText, nextText + count) : undefined
      const answer = readAnswer(numbers, at, count > 0 ? texts[nextText] : undefined, this.#toError, lists)
      nextText += count
      if (id < 0) {
        this.#onNotice(answer)
        continue
      }
      const resolveOrReject = isFailure(numbers, at) ? this.#rejects[id] : this.#resolves[id]
      resolveOrReject(answer)
      this.#resolves[id] = this.#rejects[id] = undefined
      this.#free.push(id)
      this.#count--
    }
    if (this.#count > 0 || before === 0) return
    release()
    this.#whenIdle?.()
  }

  /** Waits until all calls are answered, once no more calls will be made. */
  async end () {
    if (this.#count > 0) await new Promise((resolve) => { this.#whenIdle = resolve })
  }
}

module.exports = { PendingCalls }
