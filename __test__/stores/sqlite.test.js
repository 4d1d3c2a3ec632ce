'use strict'

const { after, test } = require('node:test')
const { SqliteFolder } = require('./sqlite-folder')
const { sessionStoreContract, storeContract } = require('../../testing')

const folder = new SqliteFolder()
after(() => folder.remove())

for (const { name, run } of sessionStoreContract(() => folder.open())) test(`SqliteStore ${name}`, run)
for (const { name, run } of storeContract(() => folder.open(), { release: (store) => store.close() })) {
  test(`SqliteStore, for koa-session, ${name}`, run)
}
