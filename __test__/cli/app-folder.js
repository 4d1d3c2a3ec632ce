'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')

const { command } = require('./command')

/**
 * Writes an app into a new folder.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string | Buffer>} files
 * @param {object} [dependencies] those of its package.json, unless the files have one
 * @returns {string} the folder
 */
function appFolder (t, files, dependencies = { koa: '^3.0.0', 'koa-session': '^7.0.2' }) {
  const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-migrate-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, content] of Object.entries({ 'package.json': `${JSON.stringify({ name: 'app', dependencies }, null, 2)}\n`, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** Runs `migrate`. */
function migrate (folder, ...flags) {
  const { code, json } = command(['migrate', folder, '--json', ...flags])
  return { code, ...json, codes: json.unclear.map(({ file, line, code: each }) => `${file}:${line} ${each}`), noted: json.notes.map(({ code: each }) => each) }
}

/** Returns the bytes of each file of a folder. */
function bytesOf (folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(folder, path)).toString('latin1')]))
}

const TOOLS = [['git', 'apply', '-p1'], ['patch', '-p1', '-s', '--binary']]

/**
 * Migrates a folder, and checks that the diff gives the same bytes as --write, that a second run changes nothing, and that the reverse
 * diff gives the bytes from before. Returns the result of the first run, and the bytes of each file after it.
 */
function migrated (t, folder) {
  const before = bytesOf(folder)
  const shown = migrate(folder)
  assert.deepEqual(bytesOf(folder), before, 'a run without --write writes nothing')
  const text = command(['migrate', folder]).out
  const copies = TOOLS.map(([tool, ...args]) => {
    const copy = `${folder}-${tool}`
    t.after(() => rmSync(copy, { recursive: true, force: true }))
    cpSync(folder, copy, { recursive: true, verbatimSymlinks: true })
    // The whole output of the command can be applied.
    if (shown.changes.length > 0) execFileSync(tool, args, { cwd: copy, input: text, stdio: 'pipe' })
    return bytesOf(copy)
  })
  const result = migrate(folder, '--write')
  const after = bytesOf(folder)
  assert.deepEqual(result.changes, shown.changes)
  for (const bytes of copies) assert.deepEqual(bytes, after)
  const again = migrate(folder, '--write')
  assert.deepEqual([again.changes, again.codes, again.code], [[], result.codes, result.code])
  assert.deepEqual(bytesOf(folder), after)
  const copy = `${folder}-git`
  if (shown.changes.length > 0) execFileSync('git', ['apply', '-R', '-p1'], { cwd: copy, input: text, stdio: 'pipe' })
  assert.deepEqual(bytesOf(copy), before)
  return { ...result, before, after }
}

module.exports = { appFolder, bytesOf, migrate, migrated }
