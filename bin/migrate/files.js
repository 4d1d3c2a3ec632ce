'use strict'

const { chmodSync, lstatSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { randomBytes } = require('node:crypto')
const { join } = require('node:path')

const SOURCE = /\.[cm]?[jt]s$|\.[jt]sx$/
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'coverage'])
const MAX_BYTES = 1_000_000

/**
 * Lists the source files of an app, in the order of their names.
 *
 * @param {string} folder
 * @param {{ note: (file: string, code: string, message: string) => void, isOther: (path: string) => boolean }} how isOther: whether a
 *   subfolder is an app of its own
 * @returns {string[]} paths from the folder, with slashes
 */
function listSources (folder, { note, isOther }) {
  const files = []
  const open = ['']
  while (open.length > 0) {
    const place = open.pop()
    const within = (name) => place === '' ? name : `${place}/${name}`
    for (const entry of entriesOf(folder, place, note)) {
      const path = within(entry.name)
      if (entry.isDirectory()) {
        if (SKIPPED.has(entry.name) || entry.name.startsWith('.')) continue
        if (isOther(path)) note(path, 'OTHER_APP', 'this folder has a package.json with a session package of its own: run the command in it too')
        else open.push(path)
      } else if (SOURCE.test(entry.name)) {
        if (entry.isFile()) files.push(path)
        else if (entry.isSymbolicLink()) note(path, 'LINK', 'a symbolic link is not followed')
      }
    }
  }
  return files.sort()
}

function entriesOf (folder, place, note) {
  try {
    return readdirSync(join(folder, place), { withFileTypes: true })
  } catch (error) {
    note(place === '' ? '.' : place, 'UNREADABLE', `this folder cannot be read (${error.code})`)
    return []
  }
}

/**
 * Reads a file.
 *
 * @returns {{ bytes: Buffer, text: string, isText: boolean } | undefined} undefined if it is too large or cannot be read
 */
function readText (folder, path, note) {
  try {
    const { size } = lstatSync(join(folder, path))
    if (size > MAX_BYTES) {
      note(path, 'LARGE', `a file of ${size} bytes is not looked at: the limit is ${MAX_BYTES}`)
      return
    }
    const bytes = readFileSync(join(folder, path))
    const text = bytes.toString('utf8')
    return { bytes, text, isText: !text.includes('\0') && Buffer.from(text).equals(bytes) }
  } catch (error) {
    note(path, 'UNREADABLE', `this file cannot be read (${error.code})`)
  }
}

/**
 * Replaces a file that still has the bytes that were read, by a new file with the same mode.
 *
 * @throws {Error} if it cannot be written; then it is as before
 */
function replaceFile (folder, path, before, text) {
  const file = join(folder, path)
  const status = lstatSync(file)
  const { mode } = status
  if (!status.isFile()) throw Object.assign(new Error('the file is a link'), { code: 'LINK' })
  // A new file could replace it all the same.
  if ((mode & 0o222) === 0) throw Object.assign(new Error('the file is read-only'), { code: 'READ_ONLY' })
  if (!readFileSync(file).equals(before)) throw Object.assign(new Error('the file has changed'), { code: 'CHANGED' })
  const temporary = `${file.slice(0, -path.split('/').at(-1).length)}.migrate-${randomBytes(8).toString('hex')}`
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode })
    chmodSync(temporary, mode & 0o7777)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

module.exports = { listSources, readText, replaceFile }
