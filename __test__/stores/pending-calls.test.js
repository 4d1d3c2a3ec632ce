'use strict'

// Answers of one delivery, some of which have several texts or none: each call gets its own.

const { test } = require('node:test')
const assert = require('node:assert/strict')

const { PendingCalls } = require('../../lib/stores/pending-calls')

/** The statuses of binding-common/src/answer.rs. */
const [COUNT, NOTHING, LOADED, LISTED, FAILED] = [10, 8, 7, 12, 13]

test('an answer after a list of several texts gets its own text', async (t) => {
  const calls = new PendingCalls((text) => new Error(text))
  const ids = []
  const results = Array.from({ length: 7 }, () => {
    ids.push(calls.nextId)
    return calls.wait()
  })
  const [long, first, none, short, counted, failed, last] = ids
  const answer = (id, status, count = 0) => [id, status, count, 5, 1000, 0]
  const rejected = assert.rejects(results[5], new Error('why'))
  // Calls that stay pending would keep the process alive.
  t.after(() => ids.forEach((id) => assert.throws(() => calls.settle(answer(id, NOTHING), []), TypeError)))
  calls.settle([
    ...answer(first, LOADED, 1), ...answer(long, LISTED, 3), ...answer(none, NOTHING), ...answer(short, LISTED, 1),
    ...answer(counted, COUNT, 9), ...answer(failed, FAILED), ...answer(last, LOADED, 2)
  ], ['{"of":"first"}', '[1,2]', '[3]', '[4]', '["short"]', 'why', '{"of":"last"}'])

  assert.deepEqual(await results[0], [1, 2, 3, 4])
  assert.deepEqual([(await results[1]).data, (await results[6]).data], ['{"of":"first"}', '{"of":"last"}'])
  assert.deepEqual([await results[2], await results[3], await results[4]], [undefined, ['short'], 9])
  await rejected
  await calls.end()
})
