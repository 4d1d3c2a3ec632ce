'use strict'

// A process with a store: executes its parent's requests, and sends back the results.
// node redis-child.js <options of the store as JSON>

const { RedisStore } = require('../../stores/redis')

const store = new RedisStore(JSON.parse(process.argv[2]))

const DO = {
  /** Writes keys, each by a concurrent merge of its own. */
  write: ({ id, keys }) => Promise.all(keys.map((key) => {
    return store.merge(id, { base: 1, set: JSON.stringify({ [key]: key }), delete: [] }, 60000)
  })),
  load: ({ id }) => store.load(id),
  end: () => store.close()
}

process.on('message', async ({ what, ...about }) => {
  const result = await DO[what](about)
  process.send({ result: result ?? null })
  if (what === 'end') process.disconnect()
})
