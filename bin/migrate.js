'use strict'

const { statSync } = require('node:fs')
const { join } = require('node:path')

const { escaped } = require('./escaped')

const help = `Changes an app from another session package of Koa to koa-session-rs, and says what to look at.

Usage: koa-session-rs migrate [FOLDER] [--write] [--json]

  FOLDER   the app's folder, with its package.json: by default, the current one
  --write  changes the files; without it, only shows the changes, as a unified diff

It knows koa-session 5, 6 and 7, koa-session-minimal and koa-generic-session, and replaces each import and require, the option maxage, and
the dependency. It says what to do about stores, express-session and cookie-session. It never changes a place that it does not understand.
Exit codes: 0 all is understood; 1 something is not; 2 the command line is wrong, or the folder has no package.json.

Examples
  npx koa-session-rs migrate
  npx koa-session-rs migrate server --write`

const options = { write: { type: 'boolean' } }

function run ({ values, positionals, UsageError }) {
  if (positionals.length > 1) throw new UsageError('migrate takes one folder')
  const folder = positionals[0] ?? '.'
  if (!isFile(folder)) throw new UsageError('there is no package.json in this folder: give the folder of the app')
  // Loaded here, since the other commands do without.
  const { readText, replaceFile } = require('./migrate/files')
  const { MANIFEST, plan } = require('./migrate/plan')
  const file = readText(folder, MANIFEST, () => {})
  if (!file?.isText) throw new UsageError('package.json cannot be read, or is not text in UTF-8')
  const found = plan(folder, file)
  if (values.write) write(folder, found, replaceFile)
  const report = {
    written: values.write === true,
    changes: found.changes.map(({ file, diff }) => ({ file, diff })),
    notes: found.notes.map(placed),
    unclear: found.unclear.map(placed)
  }
  return { text: describe(report), report, isFine: report.unclear.length === 0 }
}

function isFile (folder) {
  try {
    return folder !== '' && statSync(join(folder, 'package.json')).isFile()
  } catch {
    return false
  }
}

const placed = ({ file, line = null, code, message }) => ({ file, line, code, message })

/** Writes the sources, then package.json, which stays as it is if a source could not be written. */
function write (folder, found, replaceFile) {
  const written = []
  for (const change of found.changes) {
    const isManifest = change.file === 'package.json'
    if (isManifest && written.length < found.changes.length - 1) {
      found.unclear.push({ file: change.file, code: 'NOT_WRITTEN', message: 'not changed, since another file could not be written' })
      continue
    }
    try {
      replaceFile(folder, change.file, change.bytes, change.after)
      written.push(change)
    } catch (error) {
      found.unclear.push({ file: change.file, code: 'NOT_WRITTEN', message: `this file could not be written (${error.code})` })
    }
  }
  found.changes = written
}

function describe ({ written, changes, notes, unclear }) {
  const place = ({ file, line, code, message }) => `  ${escaped(file)}${line === null ? '' : `:${line}`}: ${escaped(message)} (${code})`
  const section = (title, list) => list.length === 0 ? [] : ['', title, ...list.map(place)]
  const next = written
    ? 'Changed. Run npm install, and the tests of the app. To go back: git checkout, or the reverse of this diff (git apply -R, patch -R -p1).'
    : 'Nothing is written yet. Run it again with --write, or apply this diff; then npm install, and the tests of the app.'
  return [
    changes.map(({ diff }) => diff).join('').replace(/\n$/, ''),
    ...section('What to look at:', notes),
    ...section('Not understood, and left as it is:', unclear),
    '',
    changes.length === 0 ? 'There is nothing to change.' : next
  ].join('\n').replace(/^\n+/, '')
}

module.exports = { help, options, allowPositionals: true, run }
