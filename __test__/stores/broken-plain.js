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
  ['gives back what was set', keeping(({ list, ...session }) => session)],
  ['gives back what was set', keeping(({ _expire, ...session }) => session)],
  ['gives back what was set', class extends Plain { get (id) { return this.records.get(id) } }],
  ['gives nothing for an id that it does not have', class extends Plain { get (id) { return super.get(id) ?? {} } }],
  ['replaces what was set before', class extends Plain {
    set (id, session) { super.set(id, { ...this.get(id), ...session }) }
  }],
  ['moves the expiry of what has not changed', class extends Plain {
    set (id, session, maxAge, { changed }) {
      if (changed) super.set(id, session)
      else this.destroy(id)
    }
  }],
  ['destroys', class extends Plain { destroy () {} }],
  ['destroys', class extends Plain { destroy () { this.records.clear() } }],
  ['destroys what it does not have without an error', class extends Plain {
    destroy (id) { if (!this.records.delete(id)) this.records.set(id, '{"a":1}') }
  }],
  ['sets again what was destroyed', class extends Plain {
    #gone = new Set()
    destroy (id) { this.#gone.add(id) }
    get (id) { return this.#gone.has(id) ? undefined : super.get(id) }
  }],
  ['keeps sessions apart from the objects of its callers', class extends Plain {
    set (id, session) { this.records.set(id, session) }
    get (id) { return this.records.get(id) }
  }],
  ['keeps sessions apart from the objects of its callers', class extends Plain {
    #parsed = new Map()
    get (id) {
      if (!this.#parsed.has(id)) this.#parsed.set(id, super.get(id))
      return this.#parsed.get(id)
    }
  }],
  ['keeps text of any language', keeping((session) => JSON.parse(JSON.stringify(session).replace(/[^ -~]/g, '?')))],
  ['keeps text of any language', keeping((session) => JSON.parse(JSON.stringify(session).replaceAll('\\u0000', '')))],
  ['keeps large sessions', keeping((session) => ({ ...session, large: session.large?.slice(0, 65535) }))],
  ['takes a session that lives as long as the browser', keeping(({ _session, ...session }) => session)],
  ['keeps the sessions of many requests at once apart', class extends Plain {
    #last
    async set (id, session) {
      this.#last = session
      await undefined
      super.set(id, this.#last)
    }
  }]
].map(([clause, Store]) => ({ clause, make: () => new Store() }))

module.exports = { Plain, broken }
