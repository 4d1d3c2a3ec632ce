'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')

const Koa = require('koa')

const { serve } = require('../harness/server')
const { turn } = require('../differential/store')

const ENTRIES = {
  minimal: { session: require('../../compat/minimal'), original: require('koa-session-minimal'), options: {} },
  generic: { session: require('../../compat/generic'), original: require('koa-generic-session'), options: {} },
  'generic with defer': { session: require('../../compat/generic'), original: require('koa-generic-session'), options: { defer: true } }
}

const current = new AsyncLocalStorage()

const noTurns = () => 0

/** A store in memory that writes JSON, and takes some turns of the event loop before and after each effect. */
class SlowStore {
  records = new Map()
  /** Is called with the request, the operation, the key and the data of each effect of a write. */
  onWrite = () => {}

  constructor (turns = noTurns) {
    this.turns = turns
  }

  async #do (effect) {
    await wait(this.turns())
    const result = effect()
    await wait(this.turns())
    return result
  }

  get (key) { return this.#do(() => this.records.has(key) ? JSON.parse(this.records.get(key)) : null) }

  set (key, data) {
    const text = JSON.stringify(data)
    return this.#do(() => {
      this.records.set(key, text)
      this.onWrite(current.getStore(), 'set', key, JSON.parse(text))
    })
  }

  destroy (key) {
    return this.#do(() => {
      this.records.delete(key)
      this.onWrite(current.getStore(), 'destroy', key)
    })
  }

  /** Returns the only record without the cookie's attributes; undefined if there is none. */
  get data () {
    if (this.records.size !== 1) return this.records.size === 0 ? undefined : [...this.records.keys()]
    const { cookie, ...data } = JSON.parse([...this.records.values()][0])
    return data
  }
}

async function wait (turns) {
  for (let i = 0; i < turns; i++) await turn()
}

/**
 * Starts an app whose requests the test leads: `ask(visitor, async (ctx) => ...)` runs a function as the route of a request.
 *
 * @returns {Promise<{ app: object, visitor: () => object, ask: Function }>}
 */
async function lead (t, session, options) {
  const app = new Koa()
  app.silent = true
  app.keys = ['the first key']
  const routes = new Map()
  const failures = new Map()
  app.use((ctx, next) => current.run(ctx.path, next))
  app.use(session(options))
  app.use(async (ctx) => {
    try {
      await routes.get(ctx.path)(ctx)
    } catch (err) {
      failures.set(ctx.path, err)
      throw err
    }
    ctx.body = 'done'
  })
  const server = await serve(t, app)
  let asked = 0
  return {
    app,
    visitor: () => server.visitor(),
    async ask (visitor, route) {
      const path = `/${++asked}`
      routes.set(path, route)
      const answer = await visitor.get(path)
      // The app has answered 500 to an assertion that fails in the route.
      if (failures.get(path)?.code === 'ERR_ASSERTION') throw failures.get(path)
      return answer
    }
  }
}

/** A point that a request waits for. */
function gate () {
  let open
  const opened = new Promise((resolve) => { open = resolve })
  return { open, opened }
}

module.exports = { ENTRIES, SlowStore, current, gate, lead, wait }
