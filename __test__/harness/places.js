'use strict'

const { MemoryStore } = require('../../stores/memory')
const { MODES, contextStoreOf } = require('./modes')
const { CountingStore } = require('./store')

const KEY = 'k'.repeat(32)

/** Where sessions live, and how they are protected: each makes the options. */
const PLACES = {
  'signed cookie': () => ({}),
  'sealed cookie': () => ({ seal: true, keys: [KEY] }),
  'record store': () => ({ store: new CountingStore() }),
  'merged record store': () => ({ store: new CountingStore(), merge: true }),
  'merged ContextStore': () => ({ ContextStore: contextStoreOf(new CountingStore()), merge: true }),
  'externalKey, merged': () => ({ ...MODES.externalKey().options, merge: true }),
  MemoryStore: () => ({ store: new MemoryStore() })
}

module.exports = { PLACES }
