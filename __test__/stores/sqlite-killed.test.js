'use strict'

const { after, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { SqliteFolder } = require('./sqlite-folder')

const KILLS = 100

const folder = new SqliteFolder()
after(() => folder.remove())

/** Kills the program after a number of acknowledged writes. Returns the last acknowledged write of each session. */
async function kill (file, count, known) {
  const child = spawn(process.execPath, [require.resolve('./fixtures/sqlite-killed'), file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let text = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
    seen += chunk.split('\n').length - 1
    if (seen >= count) child.kill('SIGKILL')
  })
  assert.deepEqual(await closed, [null, 'SIGKILL'])
  for (const [, id, n] of text.matchAll(/^(session \d+) (\d+)$/gm)) known.set(id, Number(n))
}

test(`a process that is killed ${KILLS} times while it writes loses no acknowledged write, and leaves none half-written`, async () => {
  const file = folder.file()
  const known = new Map()
  for (let round = 0; round < KILLS; round++) {
    await kill(file, 1 + (round * 7) % 60, known)
    const store = folder.open({ file })
    for (const [id, acknowledged] of known) {
      const { data, rev } = store.load(id)
      const { one, two } = JSON.parse(data)
      assert.equal(one, two)
      assert.equal(rev, one + 1)
      assert.ok(one >= acknowledged, `${id}: ${acknowledged} was acknowledged, ${one} is there`)
    }
    assert.ok(store.list('killed').length >= known.size)
    await store.close()
  }
  assert.ok([...known.values()].every((n) => n > KILLS / 10))
})
