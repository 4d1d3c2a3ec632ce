'use strict'

// CONTRIBUTING.md lists the `unsafe` blocks. The compiler refuses others, and those without a reason.

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { readFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '../..')
const FOLDERS = ['src', 'binding-common', 'binding', 'binding-sqlite', 'binding-redis']

const read = (path) => readFileSync(join(root, path), 'utf8')
const count = (text, pattern) => text.match(pattern)?.length ?? 0

test('CONTRIBUTING.md counts the unsafe blocks of each file', () => {
  const [, table] = /^ *\| file \| `unsafe` blocks \|.*\n.*\n((?: *\|.*\n)+)/m.exec(read('CONTRIBUTING.md'))
  const documented = Object.fromEntries([...table.matchAll(/\| `([^`]+)` \| (\d+) \|/g)].map(([, path, blocks]) => [path, Number(blocks)]))
  const found = {}
  for (const folder of FOLDERS) {
    for (const name of readdirSync(join(root, folder), { recursive: true })) {
      const path = `${folder}/${name.replaceAll('\\', '/')}`
      if (!path.endsWith('.rs')) continue
      const code = read(path).replace(/^ *\/\/.*$/gm, '')
      const blocks = count(code, /\bunsafe\s*\{/g)
      if (blocks > 0) found[path] = blocks
      // It must not be allowed in other files.
      if (blocks === 0) assert.equal(count(code, /\b(?:allow|expect)\(unsafe_code/g), 0, path)
    }
  }
  assert.deepEqual(documented, found)
})

test('the compiler denies unsafe code by default', () => {
  const manifest = read('Cargo.toml')
  for (const lint of ['unsafe_code', 'undocumented_unsafe_blocks']) assert.match(manifest, new RegExp(`^${lint} = "deny"$`, 'm'))
  for (const folder of FOLDERS.slice(1)) assert.match(read(`${folder}/Cargo.toml`), /^\[lints\]\nworkspace = true$/m)
  assert.match(read('src/lib.rs'), /^#!\[forbid\(unsafe_code\)\]$/m)
})
