'use strict'

// Faults in moving, listing and limiting, each with a clause that has to find it.

const { changingArguments, changingResult, movingClock, wait, changingCommit } = require('./faults')
const { fieldsOf } = require('../../testing/json')

module.exports = [
  ['moves a session to a new id, and merges the changes', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) { return super.regenerate(oldId, newId, { ...changes, set: '', delete: [] }, ttl) }
  }],
  ['moves what is stored, not what the request had loaded', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) {
      const loaded = this.load(oldId)
      const moved = super.regenerate(oldId, newId, changes, ttl)
      if (typeof moved === 'string' || loaded.rev === 1) return moved
      const { data } = this.load(newId)
      super.destroy(newId)
      super.create(newId, { data, maxAge: loaded.maxAge }, ttl)
      return moved
    }
  }],
  ['moves a session without changes, and keeps its revision', changingResult('regenerate', (moved, oldId, newId, changes) =>
    changes.set ? moved : { ...moved, rev: moved.rev + 1 })],
  ['returns missing for later writes to the old id', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) {
      const before = this.load(oldId)
      const moved = super.regenerate(oldId, newId, changes, ttl)
      if (typeof moved === 'object') super.create(oldId, before, ttl)
      return moved
    }
  }],
  ['does not move to an id that is taken', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) {
      if (oldId !== newId && this.load(oldId)) super.destroy(newId)
      return super.regenerate(oldId, newId, changes, ttl)
    }
  }],
  ['does not move to an id that is taken', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) {
      return oldId === newId ? super.merge(oldId, changes, ttl) : super.regenerate(oldId, newId, changes, ttl)
    }
  }],
  ['moves to an id whose session is expired', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) {
      return this.load(oldId) && this.load(newId) ? 'taken' : super.regenerate(oldId, newId, changes, ttl)
    }
  }],
  ['keeps the creation time, subject, label and maxAge of a session that moves', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) { return super.regenerate(oldId, newId, { maxAge: ttl, label: '', ...changes }, ttl) }
  }],
  ['lets exactly one of many concurrent requests move a session', (Base) => class extends Base {
    async regenerate (oldId, newId, changes, ttl) {
      const loaded = this.load(oldId)
      await wait()
      const moved = super.regenerate(oldId, newId, changes, ttl)
      if (moved !== 'missing' || loaded === undefined) return moved
      return { ...super.create(newId, loaded, ttl), conflicts: [], maxAge: loaded.maxAge }
    }
  }],
  ["lists a subject's sessions, the oldest first", changingResult('list', (list) => list.reverse())],
  ["lists a subject's sessions, the oldest first", changingResult('list', (list) => list.map(({ label, ...rest }) => rest))],
  ["lists a subject's sessions, the oldest first", changingResult('list', (list) => list.map((listed) => ({ label: '', ...listed })))],
  ["lists a subject's sessions, the oldest first", changingResult('list', (list) =>
    list.map(({ hash, ...rest }) => ({ hash: Buffer.from(hash, 'base64url').toString('hex'), ...rest })))],
  ['lists when a session was last seen', changingResult('list', (list) => list.map((listed) => ({ ...listed, seen: listed.created })))],
  ['leaves expired and destroyed sessions out of lists', movingClock(-1000, 'list')],
  ['moves a session from one subject to another, and to none', changingCommit(({ subject, ...changes }) =>
    subject === null ? changes : { ...changes, subject })],
  ['moves a session from one subject to another, and to none', changingCommit(({ label, ...changes }) => changes)],
  ['destroys all sessions of a subject', (Base) => class extends Base { destroyAll (subject) { return this.list(subject).length } }],
  ['destroys all sessions of a subject', changingResult('destroyAll', (count) => count + 1)],
  ['destroys all sessions of a subject but one', changingArguments('destroyAll', (subject, which) => [subject, { only: which?.only }])],
  ["destroys one session of a subject, and no one else's", changingArguments('destroyAll', (subject, which) => [subject, { except: which?.except }])],
  ["destroys one session of a subject, and no one else's", (Base) => class extends Base {
    #hashes = new Map()
    create (id, ...rest) {
      this.#hashes.set(require('node:crypto').createHash('sha256').update(id).digest('base64url'), id)
      return super.create(id, ...rest)
    }

    destroyAll (subject, which) {
      return this.#hashes.has(which?.only) ? Number(this.destroy(this.#hashes.get(which.only))) : super.destroyAll(subject, which)
    }
  }],
  ['does not count expired sessions that it destroys', movingClock(-1000, 'destroyAll')],
  ['keeps apart subjects that look alike', ...['create', 'list'].map((method) => method === 'list'
    ? changingArguments('list', (subject) => [subject.toLowerCase()])
    : changingArguments('create', (id, record, ttl) => [id, record.subject ? { ...record, subject: record.subject.toLowerCase() } : record, ttl]))],
  ['lists hundreds of sessions of one subject', changingResult('list', (list) => list.slice(0, 100))],
  ['refuses to create a session beyond the limit', changingArguments('create', (id, { limit, ...record }, ttl) => [id, record, ttl])],
  ['destroys the oldest sessions beyond the limit', changingArguments('create', (id, record, ttl) =>
    [id, record.limit ? { ...record, limit: { ...record.limit, max: record.limit.max + 1 } } : record, ttl])],
  ['refuses a login beyond the limit, and writes nothing of it', changingCommit(({ limit, ...changes }) => changes)],
  ['refuses a login beyond the limit, and writes nothing of it', (Base) => class extends Base {
    merge (id, changes, ttl) {
      const merged = super.merge(id, changes, ttl)
      if (merged === 'refused') super.merge(id, { base: 1, set: changes.set, delete: [] }, ttl)
      return merged
    }
  }],
  ['refuses a login beyond the limit, and writes nothing of it', (Base) => class extends Base {
    regenerate (oldId, newId, changes, ttl) {
      const moved = super.regenerate(oldId, newId, changes, ttl)
      if (moved === 'refused') super.destroy(oldId)
      return moved
    }
  }],
  ['makes room for a login by destroying the oldest sessions', changingCommit((changes) =>
    changes.limit ? { ...changes, limit: { ...changes.limit, max: changes.limit.max + 1 } } : changes)],
  ['does not count the session itself for the limit', (Base) => class extends Base {
    merge (id, changes, ttl) {
      const { subject, limit } = changes
      return limit?.overflow === 'refuse' && this.list(subject).length >= limit.max ? 'refused' : super.merge(id, changes, ttl)
    }
  }],
  ['applies the limit only where a session gets a subject', (Base) => class extends Base {
    merge (id, changes, ttl) {
      const { subject, limit } = changes
      if (subject && limit && this.list(subject).length > limit.max) return 'refused'
      return super.merge(id, changes, ttl)
    }
  }],
  ['does not count expired sessions', (Base) => class extends movingClock(-1000, 'list')(Base) {
    create (id, record, ttl) {
      const { subject, limit } = record
      return limit?.overflow === 'refuse' && this.list(subject).length >= limit.max ? 'refused' : super.create(id, record, ttl)
    }
  }],
  ['does not count expired sessions', (Base) => class extends movingClock(-1000, 'list')(Base) {
    create (id, record, ttl) {
      const { subject, limit } = record
      const count = limit?.overflow === 'oldest' ? this.list(subject).length : 0
      if (count >= limit?.max) this.destroyAll(subject)
      return super.create(id, record, ttl)
    }
  }],
  ['holds the limit where many log in at once', (Base) => class extends Base {
    async create (id, { limit, ...record }, ttl) {
      const isFull = limit && this.list(record.subject).length >= limit.max
      await wait()
      return isFull ? 'refused' : super.create(id, record, ttl)
    }
  }],
  ['gives koa-session a session with its lifetime', (Base) => class extends Base {
    async get (id) { return JSON.parse(this.load(id)?.data ?? 'null') ?? undefined }
  }],
  ['stores what koa-session sets, in place of what was there', (Base) => class extends Base {
    async set (id, { _expire, _maxAge, ...data }, maxAge) {
      const set = JSON.stringify(data)
      const merged = this.merge(id, { base: 1, set, delete: [], maxAge: _maxAge ?? 'session' }, maxAge)
      if (merged === 'missing') this.create(id, { data: set, maxAge: _maxAge ?? 'session' }, maxAge)
    }
  }],
  ['keeps one of many sessions that koa-session sets at once', (Base) => class extends Base {
    async set (id, { _expire, _maxAge, ...data }, maxAge) {
      const known = this.load(id)
      await wait()
      if (this.create(id, { data: JSON.stringify(data), maxAge: _maxAge }, maxAge) !== 'taken') return
      this.merge(id, { base: 1, set: JSON.stringify(data), delete: known ? [...fieldsOf(known.data).keys()] : [] }, maxAge)
    }
  }]
]
