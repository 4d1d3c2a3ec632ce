'use strict'

// Runs the code blocks of docs/security.md: each makes an app that keeps its sessions, as its heading says.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { blocksOf } = require('../documents/blocks')
const { countsTo, staged } = require('../documents/stage')
const { unseal } = require('../fixtures/seal')

const idle = (t, minutes, check) => {
  const now = Date.now()
  t.mock.method(Date, 'now', () => now + minutes * 60_000)
  return check().finally(() => t.mock.restoreAll())
}

/** The checks of the blocks under each heading, in their order. */
const CHECKS = {
  'To change a key': [
    async (stage) => {
      const visit = stage.client()
      await countsTo(visit, 1, 2, 3)
      assert.equal(JSON.parse(unseal('koa.sess', process.env.SESSION_KEY, visit.cookies['koa.sess'])).views, 3)
    }
  ],
  Timeouts: [
    async (stage, t) => {
      const visit = stage.client()
      await countsTo(visit, 1)
      await idle(t, 9, () => countsTo(visit, 2))
      await idle(t, 30, () => countsTo(visit, 1))
    },
    async (stage, t) => {
      const visit = stage.client()
      await countsTo(visit, 1, 2)
      await idle(t, 29 * 24 * 60, () => countsTo(visit, 3))
      await idle(t, 58 * 24 * 60, () => countsTo(visit, 4))
      await idle(t, 100 * 24 * 60, () => countsTo(visit, 1))
    }
  ],
  'Re-authentication before a payment': [
    async (stage, t) => {
      const visit = stage.client()
      await countsTo(visit, 1)
      assert.equal((await visit('/payment')).status, 403)
      assert.equal((await visit('/password')).text, 'authenticated')
      assert.equal((await visit('/payment')).text, 'views: 2')
      await idle(t, 6, async () => assert.equal((await visit('/payment')).status, 403))
    }
  ],
  'Log out everywhere': [
    async (stage) => {
      const visitors = [stage.client(), stage.client(), stage.client()]
      for (const visit of visitors) await visit('/login')
      assert.equal((await visitors[0]('/logout-others')).text, 'ended: 2')
      await countsTo(visitors[0], 2)
      await countsTo(visitors[1], 1)
      assert.equal((await visitors[0]('/logout-everywhere')).text, 'ended: 1')
      await countsTo(visitors[0], 1)
    }
  ],
  'Logout without a store': [
    async (stage) => {
      for (const path of ['/logout', '/end-ada']) {
        const visit = stage.client()
        await visit('/login')
        const copy = stage.client({ ...visit.cookies })
        await countsTo(copy, 2)
        await visit(path)
        await countsTo(stage.client({ ...copy.cookies }), 1)
      }
    }
  ],
  'OpenID Connect back-channel logout': [
    async (stage) => {
      const visit = stage.client()
      await visit('/login')
      await countsTo(visit, 2)
      assert.equal((await visit('/backchannel-logout')).status, 200)
      await countsTo(visit, 1)
    }
  ],
  '`__Host-` and SameSite': [
    async (stage) => {
      const { headers } = await stage.client()()
      assert.match(headers.getSetCookie()[0], /^__Host-sid=[^;]+; path=\/; samesite=lax; secure; httponly$/)
    }
  ],
  'Everything at once': [
    async (stage) => {
      const visit = stage.client()
      await countsTo(visit, 1, 2)
      assert.match(visit.cookies['__Host-koa.sess'], /^[\w-]{43}$/)
    }
  ]
}

const given = { verifyLogoutToken: async () => ({ sub: 'ada@provider' }) }

describe('the blocks of docs/security.md', () => {
  const blocks = blocksOf('docs/security.md', 'js')
  const left = Object.fromEntries(Object.entries(CHECKS).map(([heading, checks]) => [heading, [...checks]]))

  for (const { code, heading, line } of blocks) {
    const check = left[heading]?.shift()
    test(`line ${line}, under ${heading}`, (t) => staged(code, (stage) => check(stage, t), { given }))
  }

  test('all checks have a block', () => assert.deepEqual(Object.values(left).flat(), []))
})
