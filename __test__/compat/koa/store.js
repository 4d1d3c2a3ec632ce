'use strict'

/** A store that keeps JSON, logs its calls, and fails when it is told to. Its methods return values, promises or generators. */
class LoggingStore {
  records = new Map()
  log = []
  /** The method that fails, and how; undefined for none. */
  fails

  constructor (methods) {
    this.get = (key) => this.#answer(methods, 'get', [key], () => {
      const text = this.records.get(key)
      return text === undefined ? undefined : JSON.parse(text)
    })
    this.set = (key, session, ttl) => {
      const text = JSON.stringify(session)
      return this.#answer(methods, 'set', [key, text, ttl], () => { this.records.set(key, text) })
    }
    this.destroy = (key) => this.#answer(methods, 'destroy', [key], () => { this.records.delete(key) })
  }

  #answer (methods, method, args, run) {
    this.log.push([method, ...args])
    const [failing, how] = this.fails ?? []
    const failure = failing === method ? Object.assign(new Error(`${method} failed`), how === 'ENOENT' && { code: 'ENOENT' }) : undefined
    if (failure && how === 'throw') throw failure
    const end = () => {
      if (failure) throw failure
      return run()
    }
    if (methods === 'value' && !failure) return end()
    if (methods === 'generator') return generate(end)
    return Promise.resolve().then(end)
  }
}

function * generate (end) {
  yield Promise.resolve()
  return end()
}

module.exports = { LoggingStore }
