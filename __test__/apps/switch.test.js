'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { serve } = require('../harness/server')
const { KINDS, createApp } = require('./counter')

/** A visitor of the app, with either session module. */
class Visitor {
  #jar = new Map()
  #id

  /** Returns what the app knows about the visitor. */
  async visit (client, path) {
    const mine = client.another()
    mine.jar = this.#jar
    const { status, headers, json } = await mine.get(path, this.#id && { 'x-session-id': this.#id })
    assert.equal(status, 200)
    this.#id = headers['x-session-id'] ?? this.#id
    return json
  }
}

for (const theirs of ['koa-session', 'koa-session6']) {
  for (const kind of Object.keys(KINDS)) {
    describe(`an app of ${theirs}, switched by one line and back: ${kind}`, () => {
      test('keeps its users logged in', async (t) => {
        const names = ['Zoë', 'Jürgen', '名前']
        const visitors = names.map(() => new Visitor())
        const each = (client, path) => Promise.all(visitors.map((visitor, i) => visitor.visit(client, path(names[i]))))
        const modules = [theirs, '../..', theirs, '../..', theirs]
        let views = 0
        for (const module of modules) {
          const client = (await serve(t, createApp(kind, module))).visitor()
          if (views === 0) {
            await each(client, (user) => `/login?user=${encodeURIComponent(user)}`)
            views++
          }
          for (let i = 0; i < 2; i++) {
            views++
            assert.deepEqual(await each(client, () => '/'), names.map((user) => ({ user, views })))
          }
        }
      })

      for (const [login, logout] of [[theirs, '../..'], ['../..', theirs]]) {
        test(`a user who logged in by ${login} can log out by ${logout}`, async (t) => {
          const [visitor, other] = [new Visitor(), new Visitor()]
          const before = (await serve(t, createApp(kind, login))).visitor()
          await visitor.visit(before, '/login?user=one')
          await other.visit(before, '/login?user=two')

          const after = (await serve(t, createApp(kind, logout))).visitor()
          assert.deepEqual(await visitor.visit(after, '/logout'), {})
          assert.deepEqual(await visitor.visit(after, '/'), { views: 1 })
          assert.equal((await other.visit(after, '/')).user, 'two')
          assert.deepEqual(await visitor.visit(before, '/'), { views: 2 })
        })
      }
    })
  }
}
