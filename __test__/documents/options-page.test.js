'use strict'

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { PAGE, page } = require('../../scripts/options-page')
const { Declarations } = require('../types/compiler')
const { optionNames } = require('../harness/option-names')
const { blocksOf } = require('./blocks')

const root = join(__dirname, '../..')

describe('docs/options.md', () => {
  test('is as scripts/options-page.js makes it now', () => {
    assert.equal(PAGE, 'docs/options.md')
    assert.equal(readFileSync(join(root, PAGE), 'utf8'), page())
  })

  test('lists every option of index.d.ts, and no other', () => {
    const listed = [...page().matchAll(/^\| \[?`(\w+)`/gm)].map(([, name]) => name)
    assert.deepEqual(listed.sort(), optionNames().sort())
  })

  test('has examples of index.d.ts alone, which examples.test.js runs', () => {
    const examples = new Declarations(join(root, 'index.d.ts')).examples().map((text) => `${text.trim()}\n`)
    for (const { code } of blocksOf('docs/options.md', 'ts')) assert.ok(examples.includes(code), code)
  })
})
