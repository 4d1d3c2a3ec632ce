'use strict'

// Faults of stores that koa-session takes, each with a clause that has to find it.

/** A store of three methods, which keeps JSON. */
class Plain {
  records = new Map()
  get (id) { return JSON.parse(this.records.get(id) ?? 'null') }
  set (id, session) { this.records.set(id, JSON.stringify(session)) }
  destroy (id) { this.records.delete(id) }
}

const keeping = (change) => class extends Plain {
  set (id, session, ...rest) { super.set(id, change(session), ...rest) }
}

const broken = [
  ['returns what was set', keeping(({ list, ...session }) => session)],
  ['returns what was set', keeping(({ _expire, ...session }) => session)],
  ['returns what was set', class extends Plain { get (id) { return this.records.get(id) } }],
  ['returns nothing for an unknown id', class extends Plain { get (id) { return super.get(id) ?? {} } }],
  ['replaces what was set before', class extends Plain {
    set (id, session) { super.set(id, { ...this.get(id), ...session }) }
  }],
  ['moves the expiry of an unchanged session', class extends Plain {
    set (id, session, maxAge, { changed }) {
      if (changed) super.set(id, session)
      else this.destroy(id)
    }
  }],
  ['destroys a session', class extends Plain { destroy () {} }],
  ['destroys a session', class extends Plain { destroy () { this.records.clear() } }],
  ['destroys an unknown id without an error', class extends Plain {
    destroy (id) { if (!this.records.delete(id)) this.records.set(id, '{"a":1}') }
  }],
  ['sets a destroyed id again', class extends Plain {
    #gone = new Set()
    destroy (id) { this.#gone.add(id) }
    get (id) { return this.#gone.has(id) ? undefined : super.get(id) }
  }],
  ['keeps a copy, independent of the caller\'s objects', class extends Plain {
    set (id, session) { this.records.set(id, session) }
    get (id) { return this.records.get(id) }
  }],
  ['keeps a copy, independent of the caller\'s objects', class extends Plain {
    #parsed = new Map()
    get (id) {
      if (!this.#parsed.has(id)) this.#parsed.set(id, super.get(id))
      return this.#parsed.get(id)
    }
  }],
  ['keeps text of any language', keeping((session) => JSON.parse(JSON.stringify(session).replace(/[^ -~]/g, '?')))],
  ['keeps text of any language', keeping((session) => JSON.parse(JSON.stringify(session).replaceAll('\\u0000', '')))],
  ['keeps large sessions', keeping((session) => ({ ...session, large: session.large?.slice(0, 65535) }))],
  ['stores a browser session', keeping(({ _session, ...session }) => session)],
  ['keeps apart the sessions of many concurrent requests', class extends Plain {
    #last
    async set (id, session) {
      this.#last = session
      await undefined
      super.set(id, this.#last)
    }
  }]
].map(([clause, Store]) => ({ clause, make: () => new Store() }))

module.exports = { Plain, broken }
