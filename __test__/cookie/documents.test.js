'use strict'

// Runs the code blocks of docs/security.md: each makes an app that keeps its sessions in sealed cookies.

const assert = require('node:assert/strict')
const { test } = require('node:test')

const { blocksOf } = require('../documents/blocks')
const { countsTo, staged } = require('../documents/stage')
const { unseal } = require('../fixtures/seal')

for (const { code, line } of blocksOf('docs/security.md', 'js')) {
  test(`docs/security.md, line ${line}`, async () => {
    await staged(code, async (stage) => {
      const visit = stage.client()
      await countsTo(visit, 1, 2, 3)
      assert.equal(JSON.parse(unseal('koa.sess', process.env.SESSION_KEY, visit.cookies['koa.sess'])).views, 3)
    })
  })
}
