'use strict'

// Each option has a file here, named after it (maxAge: max-age.test.js), or after two related options (a-and-b.test.js).

const assert = require('node:assert/strict')
const { readFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { optionNames } = require('../harness/option-names')

/** Options that are not checked at the start, but by `cookies` when it sends one. */
const UNCHECKED = ['domain', 'path', 'expires', 'priority', 'partitioned', 'secureProxy']

const files = readdirSync(__dirname).filter((name) => name.endsWith('.test.js'))
const kebab = (name) => name[0].toLowerCase() + name.slice(1).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const fileOf = (option) => files.find((name) => name.replace('.test.js', '').split('-and-').includes(kebab(option)))

describe('each option has a file of tests', () => {
  for (const option of optionNames()) {
    test(option, () => {
      const file = fileOf(option)
      assert.ok(file !== undefined, `${kebab(option)}.test.js is missing`)
      const text = readFileSync(join(__dirname, file), 'utf8')
      const refusal = new RegExp(`\\brefuses(Methods)?\\('${option}', \\[`)
      const isJudgedLater = new RegExp(`\\battribute\\('${option}', \\{`).test(text) || option === 'secureProxy'
      assert.ok(UNCHECKED.includes(option) ? isJudgedLater : refusal.test(text), `${file} does not test which values are refused`)
    })
  }
})
