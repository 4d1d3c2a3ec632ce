'use strict'

// The operations during which a reply is lost, with the sessions before, and those allowed afterwards. A session is given as its
// subject and its data, by its id.

const { createHash } = require('node:crypto')

const LIFE_MS = 600000

const A = '{"a":1}'
const AB = '{"a":1,"b":1}'
const hash = (id) => createHash('sha256').update(id).digest('base64url')
const limit = (overflow) => ({ limit: { max: 1, overflow } })
const changes = (more) => ({ base: 1, set: '{"b":1}', delete: [], ...more })
const create = (more) => (store) => store.create('new', { data: A, maxAge: LIFE_MS, subject: 'alice', ...more }, LIFE_MS)
const merge = (more) => (store) => store.merge('old', changes(more), LIFE_MS)
const regenerate = (more) => (store) => store.regenerate('old', 'new', changes(more), LIFE_MS)

const old = { old: ['alice', A] }
const nobody = { old: [null, A] }
const two = { old: ['alice', A], other: ['alice', A] }
const three = { ...two, third: ['bob', A] }

/**
 * By name: `before`, the sessions at the start; `run`, the operation; `after`, the sessions after its success; `between`, what
 * else may be left after its failure.
 */
const OPERATIONS = {
  create: { before: {}, run: create(), after: { new: ['alice', A] } },
  'create, which destroys the oldest': {
    before: old, run: create(limit('oldest')), after: { new: ['alice', A] }, between: [{ ...old, new: ['alice', A] }]
  },
  'create, refused by the limit': { before: old, run: create(limit('refuse')), after: old },
  'create, without a subject': { before: {}, run: create({ subject: undefined }), after: { new: [null, A] } },
  merge: { before: old, run: merge(), after: { old: ['alice', AB] } },
  'merge, to another subject': { before: three, run: merge({ subject: 'bob' }), after: { ...three, old: ['bob', AB] } },
  'merge, to no subject': { before: old, run: merge({ subject: null }), after: { old: [null, AB] } },
  'merge, to a subject whose oldest is destroyed': {
    before: { ...nobody, third: ['bob', A] },
    run: merge({ subject: 'bob', ...limit('oldest') }),
    after: { old: ['bob', AB] },
    between: [{ old: ['bob', AB], third: ['bob', A] }]
  },
  touch: { before: old, run: (store) => store.touch('old', LIFE_MS), after: old },
  regenerate: { before: two, run: regenerate(), after: { new: ['alice', AB], other: ['alice', A] } },
  'regenerate, without a subject': { before: nobody, run: regenerate(), after: { new: [null, AB] } },
  'regenerate, to a subject': { before: nobody, run: regenerate({ subject: 'alice' }), after: { new: ['alice', AB] } },
  'regenerate, to another subject': { before: old, run: regenerate({ subject: 'bob' }), after: { new: ['bob', AB] } },
  'regenerate, to no subject': { before: old, run: regenerate({ subject: null }), after: { new: [null, AB] } },
  'regenerate, to a subject whose oldest is destroyed': {
    before: { ...nobody, third: ['bob', A] },
    run: regenerate({ subject: 'bob', ...limit('oldest') }),
    after: { new: ['bob', AB] },
    between: [nobody]
  },
  destroy: { before: two, run: (store) => store.destroy('old'), after: { other: ['alice', A] } },
  destroyAll: {
    before: three,
    run: (store) => store.destroyAll('alice'),
    after: { third: ['bob', A] },
    between: ['old', 'other'].map((id) => ({ [id]: ['alice', A], third: ['bob', A] }))
  },
  'destroyAll, but one': {
    before: three, run: (store) => store.destroyAll('alice', { except: hash('old') }), after: { ...old, third: ['bob', A] }
  },
  'destroyAll, only one': {
    before: three, run: (store) => store.destroyAll('alice', { only: hash('old') }), after: { other: ['alice', A], third: ['bob', A] }
  }
}

module.exports = { LIFE_MS, OPERATIONS, hash }
