'use strict'

// A process of its own with a store of its own: does what its parent says, and tells what came of it.
// node redis-child.js <options of the store as JSON>

const { RedisStore } = require('../../stores/redis')

const store = new RedisStore(JSON.parse(process.argv[2]))

const DO = {
  /** Has many requests write one key each, all at once. */
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
