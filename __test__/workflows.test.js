'use strict'

// The actions of the workflows are pinned, and the scripts that they run exist.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { readFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')

const { scripts } = require('../package.json')

const FOLDER = join(__dirname, '../.github/workflows')
const TEXT = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), 'utf8')).join('\n')

describe('the workflows', () => {
  test('pin each action to one commit, with its version as a comment, since a tag can be moved to other code', () => {
    const commits = new Map()
    for (const [, action, rest] of TEXT.matchAll(/\buses: ([\w/-]+)(.*)$/gm)) {
      assert.match(rest, /^@[\da-f]{40} # v\d+\.\d+\.\d+$/, action)
      assert.equal(commits.get(action) ?? rest, rest, action)
      commits.set(action, rest)
    }
    assert.ok(commits.size >= 4)
  })

  test('run scripts that package.json has', () => {
    const names = [...TEXT.matchAll(/\bnpm (?:run ([\w:-]+)|(test)\b)/g)].map(([, name, test]) => name ?? test)
    assert.ok(names.length >= 4)
    for (const name of names) assert.ok(Object.hasOwn(scripts, name), name)
  })
})
