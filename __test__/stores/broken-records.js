'use strict'

// Faults in keeping, merging and expiring, each with a clause that has to find it.

const { createAgain, changingArguments, changingResult, movingClock, withoutAtomicity, changingData, reviving, changingCommit } = require('./faults')
const { fieldsOf, toText } = require('../../testing/json')

module.exports = [
  ['carries the mark', (Base) => class extends Base { get [Symbol.for('koa-session-rs.store')] () { return 2 } }],
  ['loads what was created', changingResult('load', (loaded) => ({ ...loaded, expire: loaded.expire + 1 }))],
  ['loads what was created', changingResult('load', (loaded) => ({ ...loaded, hasSubject: true }))],
  ['loads what was created', changingResult('create', ({ rev }) => ({ rev: rev - 1 }))],
  ['loads nothing for an unknown id', (Base) => class extends Base {
    load (id) { return super.load(id) ?? null }
  }],
  ['returns missing for an unknown id, and creates nothing', reviving('touch', () => ({ maxAge: 600000 }))],
  ['returns missing for an unknown id, and creates nothing', reviving('merge', createAgain)],
  ['does not overwrite a living session by create', (Base) => class extends Base {
    create (id, ...args) {
      this.destroy(id)
      return super.create(id, ...args)
    }
  }],
  ['destroys a session', changingResult('destroy', () => true)],
  ['destroys a session', (Base) => class extends Base { destroy (id) { return this.load(id) !== undefined } }],
  ['keeps the exact text of any key and value', changingData((data) => JSON.stringify(JSON.parse(data)))],
  ['keeps the exact text of any key and value', changingData((data) => toText([...fieldsOf(data)].filter(([key]) => key !== '')))],
  ['keeps the exact text of any key and value', changingData((data) => data.normalize('NFC'))],
  ['keeps the exact text of any key and value', changingData((data) => JSON.stringify(Object.assign({}, JSON.parse(data))))],
  ['removes any key', changingCommit((changes) => ({ ...changes, delete: changes.delete.filter((key) => key !== '__proto__') }))],
  ['keeps thousands of keys, and merges them', changingData((data) => toText([...fieldsOf(data)].slice(0, 3000)))],
  ['keeps a session without keys', changingResult('load', (loaded) => loaded.data === '{}' ? undefined : loaded)],
  ['keeps apart ids that look alike', ...['create', 'load'].map((method) =>
    changingArguments(method, (id, ...rest) => [id.toLowerCase(), ...rest]))],
  ['keeps apart ids that look alike', ...['create', 'load'].map((method) => changingArguments(method, (id, ...rest) => [id.trim(), ...rest]))],
  ['keeps apart ids that look alike', ...['create', 'load'].map((method) =>
    changingArguments(method, (id, ...rest) => [id.slice(0, 1000), ...rest]))],
  ['clears all sessions, and works afterwards', (Base) => class extends Base { clear () {} }],
  ['merges what is set and what is deleted', changingCommit((changes) => ({ ...changes, delete: [] }))],
  ['merges what is set and what is deleted', changingCommit((changes) => ({ ...changes, set: '' }))],
  ['keeps what others wrote to other keys', (Base) => class extends Base {
    merge (id, changes, ttl) {
      // Writes whole records, so the last write wins.
      const known = this.load(id)
      if (known?.rev > changes.base) changes = { ...changes, delete: [...changes.delete, ...fieldsOf(known.data).keys()] }
      super.merge(id, { ...changes, set: '' }, ttl)
      return super.merge(id, changes, ttl)
    }
  }],
  ['lets the later commit win, and names the keys', changingResult('merge', (merged) => ({ ...merged, conflicts: [] }))],
  ['lets the later commit win, and names the keys', changingCommit((changes) => ({ ...changes, base: 1 }))],
  ['lets the later commit win, and names the keys', (Base) => class extends Base {
    merge (id, changes, ttl) {
      const known = this.load(id)
      // The first commit wins.
      if (known === undefined || changes.set === '' || known.rev <= changes.base) return super.merge(id, changes, ttl)
      const set = toText([...fieldsOf(changes.set)].filter(([key]) => !fieldsOf(known.data).has(key)))
      return super.merge(id, { ...changes, set }, ttl)
    }
  }],
  ['lets the later commit win where one request sets a key and another deletes it', changingResult('merge', (merged, id, changes) =>
    ({ ...merged, conflicts: [...merged.conflicts, ...changes.delete] }))],
  ['lets the later commit win where one request sets a key and another deletes it', changingResult('merge', (merged, id, changes) =>
    ({ ...merged, conflicts: merged.rev > changes.base + 1 && changes.set ? [...fieldsOf(changes.set).keys()] : [] }))],
  ['writes no data where nothing is set or deleted', changingResult('merge', (merged, id, changes) =>
    changes.set === '' && changes.delete.length === 0 ? { ...merged, rev: merged.rev + 1 } : merged)],
  ['does not bring a destroyed session back', reviving('merge', createAgain)],
  ['does not bring a destroyed session back', reviving('touch', (store, id, ttl) => {
    store.create(id, { data: '{}', maxAge: ttl }, ttl)
    return 'missing'
  })],
  ['starts with revision 1 where a destroyed id is created again', (Base) => class extends Base {
    #revs = new Map()
    destroy (id) {
      this.#revs.set(id, this.load(id)?.rev ?? 0)
      return super.destroy(id)
    }

    create (id, ...rest) {
      const created = super.create(id, ...rest)
      return created.rev && this.#revs.has(id) ? { rev: this.#revs.get(id) + 1 } : created
    }
  }],
  ['keeps the keys of many writers at once', withoutAtomicity],
  ['names the conflicts of many writers at once', withoutAtomicity],
  ['never revives a session that is destroyed during writes', withoutAtomicity],
  ['merges as a model does, in any interleaving', changingResult('merge', (merged) => ({ ...merged, conflicts: merged.conflicts.slice(0, 2) }))],
  ['merges as a model does, in any interleaving', changingCommit((changes) => changes.set && changes.delete.length > 1
    ? { ...changes, delete: changes.delete.slice(0, 1) }
    : changes)],
  ['expires a session after the last millisecond of its life', movingClock(1, 'load', 'merge')],
  ...['load', 'merge', 'touch', 'regenerate', 'destroy', 'create'].flatMap((method) => [
    ['expires a session after the last millisecond of its life', movingClock(1, method)],
    ['expires a session after the last millisecond of its life', movingClock(-1, method)]
  ]).filter(([, fault], i) => i > 1),
  ['expires a session after the last millisecond of its life', (Base) => class extends Base {
    load (id) {
      const loaded = super.load(id)
      return loaded?.expire <= Date.now() ? undefined : loaded
    }
  }],
  ['does not bring an expired session back', movingClock(-1000, 'touch')],
  ['does not bring an expired session back', movingClock(-1000, 'list')],
  ['does not bring an expired session back', movingClock(-1000, 'destroyAll')],
  ['creates over an expired session, with nothing of it left', (Base) => class extends Base {
    create (id, record, ttl) {
      const before = this.load(id)
      const created = super.create(id, record, ttl)
      if (before && created.rev) super.merge(id, { base: 1, set: before.data, delete: [] }, ttl)
      return created
    }
  }],
  ['moves the expiry by a touch, and changes nothing else', (Base) => class extends Base {
    touch (id, ttl) {
      const loaded = this.load(id)
      return loaded ? { maxAge: loaded.maxAge } : super.touch(id, ttl)
    }
  }],
  ['moves the expiry by a touch, and changes nothing else', (Base) => class extends Base {
    touch (id, ttl) {
      const loaded = this.load(id)
      const touched = super.touch(id, ttl)
      if (touched !== 'missing') super.merge(id, { base: loaded.rev, set: loaded.data, delete: [] }, ttl)
      return touched
    }
  }],
  ['sets the expiry at a merge, by the maxAge of the record', (Base) => class extends Base {
    merge (id, changes, ttl) { return super.merge(id, { maxAge: ttl, ...changes }, ttl) }
  }],
  ['takes the ttl of a browser session from the caller', changingArguments('touch', (id, ttl) => [id, 50000])],
  ['takes the ttl of a browser session from the caller', changingArguments('create', (id, record, ttl) => [id, { ...record, maxAge: ttl }, ttl])],
  ['changes the maxAge of a record where a request assigned one', changingCommit(({ maxAge, ...changes }) => changes)],
  ...['merge', 'regenerate', 'touch'].flatMap((method) => [
    // Returns the maxAge of the request's load, or none.
    ['returns the maxAge of the record, whichever request assigned it', changingResult(method, (result) => ({ ...result, maxAge: 60000 }))],
    ['returns the maxAge of the record, whichever request assigned it', changingResult(method, ({ maxAge, ...result }) => result)],
    ['returns the maxAge of the record, whichever request assigned it', changingResult(method, (result) =>
      ({ ...result, maxAge: result.maxAge === 'session' ? 5000 : result.maxAge }))]
  ]),
  ['returns the maxAge of the record, whichever request assigned it', changingResult('merge', (merged, id, { maxAge = 60000 }) => ({ ...merged, maxAge }))],
  ['returns the maxAge of the record, whichever request assigned it', changingResult('touch', () => true)],
  ['merges as a model does, in any interleaving', changingResult('merge', (merged, id, { maxAge = 600000 }) => ({ ...merged, maxAge }))],
  ['keeps a maxAge of years', changingArguments('create', (id, record, ttl) =>
    [id, { ...record, maxAge: record.maxAge === 'session' ? 'session' : Math.min(record.maxAge, 2 ** 40) }, ttl])]
]
