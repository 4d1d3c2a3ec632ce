'use strict'

// Each line of the table of faults in docs/stores.md is the title of a test that shows it, or begins one.

const assert = require('node:assert/strict')
const { readFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')

const docs = readFileSync(join(__dirname, '../../docs/stores.md'), 'utf8')
const files = readdirSync(__dirname).filter((name) => /^redis-.*\.test\.js$/.test(name))
const tests = files.map((name) => readFileSync(join(__dirname, name), 'utf8')).join('\n')

test('each line of the table of faults has a test', () => {
  const [, table] = docs.split('| what | a request gets | when |\n|---|---|---|\n')
  const lines = table.split('\n\n')[0].split('\n')
  assert.ok(lines.length > 20)
  const titles = lines.map((line) => line.split(' | ')[0].slice(2))
  assert.deepEqual(titles.filter((title) => !tests.includes(`('${title}`)), [])
})
