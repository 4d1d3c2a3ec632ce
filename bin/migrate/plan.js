'use strict'

const { readdirSync } = require('node:fs')
const { join } = require('node:path')

const { unifiedDiff, applyEdits } = require('./diff')
const { listSources, readText } = require('./files')
const { SECTIONS, entriesOf, lineOf, majorOf, manifestEdits, otherMentions, rangeOf, readManifest } = require('./manifest')
const { DEPENDENTS, RECIPES, REPLACED, mentions } = require('./packages')
const { analyse } = require('./source')

const MANIFEST = 'package.json'
const ALIAS = 'npm:koa-session-rs'

/**
 * Plans the changes of an app.
 *
 * @param {string} folder
 * @param {{ bytes: Buffer, text: string }} file its package.json
 * @returns {{ changes: object[], notes: object[], unclear: object[] }} changes: { file, bytes, after, diff, edits }
 */
function plan (folder, file) {
  const report = { changes: [], notes: [], unclear: [] }
  const note = (path, code, message, line) => report.notes.push({ file: path, line, code, message })
  const manifest = readManifest(file.text)
  if (manifest === undefined) {
    report.unclear.push({ file: MANIFEST, line: 1, code: 'JSON', message: 'package.json is not an object in JSON' })
    return report
  }
  const names = replaceable(manifest, report)
  const seen = { changed: new Set(), kept: new Set(), own: new Set(), stores: [] }
  for (const path of listSources(folder, { note, isOther: (place) => isOtherApp(folder, place) })) planSource(folder, path, names, report, seen, note)
  addStores(report, seen)
  planManifest(manifest, file, names, report, seen)
  addPackages(folder, manifest, report, seen)
  return report
}

/** Returns the packages to replace: not those of a version that is not known, nor those that are this package already. */
function replaceable (manifest, { notes, unclear }) {
  const add = (list, name, code, message) => list.push({ file: MANIFEST, line: lineOf(manifest, name), code, message })
  const koa = majorOf(rangeOf(manifest, 'koa') ?? '')
  if (koa < 2) {
    add(unclear, 'koa', 'KOA', `Koa ${koa} is not supported: update to Koa 2.16 or 3 first`)
    return []
  }
  return Object.keys(REPLACED).filter((name) => {
    const range = rangeOf(manifest, name)
    if (range === undefined) return true
    if (range.startsWith(ALIAS)) {
      add(notes, name, 'ALIAS', `${name} is koa-session-rs already, under the old name`)
      return false
    }
    const { majors } = REPLACED[name]
    const major = majorOf(range)
    if (majors && major === undefined) add(notes, name, 'VERSION', `which version of ${name} this is cannot be seen: 5, 6 and 7 are known`)
    if (!majors || major === undefined || majors.includes(major)) return true
    add(unclear, name, 'VERSION', `${name} ${major} is not known: 5, 6 and 7 are`)
    return false
  })
}

function planSource (folder, path, names, report, seen, note) {
  const file = readText(folder, path, note)
  if (file === undefined || !mentions(file.text)) return
  const { edits, notes, unclear, changed, kept, own, stores } = analyse(path, file, names)
  const placed = (each) => ({ file: path, ...each })
  for (const each of notes) report.notes.push(placed(each))
  for (const each of unclear) report.unclear.push(placed(each))
  for (const name of changed) seen.changed.add(name)
  for (const name of kept) seen.kept.add(name)
  for (const entry of own) seen.own.add(entry)
  if (![...own].some((entry) => entry.startsWith('koa-session-rs/adapters/'))) for (const store of stores) seen.stores.push(placed(store))
  addChange(report, path, file, edits)
}

function addChange (report, path, { bytes, text }, edits) {
  if (edits.length === 0) return
  const { diff, isExact } = unifiedDiff(path, text, edits)
  report.changes.push({ file: path, bytes, after: applyEdits(text, edits), diff })
  if (!isExact) report.notes.push({ file: path, line: 1, code: 'ESCAPED', message: 'the diff shows control characters as escapes: it cannot be applied, but --write can' })
}

/** A store needs its adapter with koa-session-rs itself. The entries for other packages take their stores. */
function addStores ({ notes }, { changed, kept, own, stores }) {
  const isMain = changed.has('koa-session') || kept.has('koa-session') || own.has('koa-session-rs')
  const isCompat = changed.size + kept.size > 0 || [...own].some((entry) => entry.startsWith('koa-session-rs/compat/'))
  for (const { file, line, name, message } of stores) {
    if (isMain) notes.push({ file, line, code: 'STORE', message: `${name}: ${message}` })
    else if (isCompat) notes.push({ file, line, code: 'STORE', message: `${name}: a store that worked before needs no adapter with koa-session-rs/compat/minimal and /generic` })
  }
}

/** Replaces in package.json what no file loads any more. */
function planManifest (manifest, file, names, report, { changed, kept, own }) {
  const listed = names.filter((name) => rangeOf(manifest, name) !== undefined)
  const isInstalled = rangeOf(manifest, 'koa-session-rs') !== undefined
  // A run that was interrupted has changed sources, and not package.json.
  const loaded = (name) => changed.has(name) || (!isInstalled && own.has(REPLACED[name].entry))
  const stay = new Set(listed.filter((name) => kept.has(name) && loaded(name)))
  const replaced = new Set(listed.filter((name) => loaded(name) && !kept.has(name)))
  const add = (name, code, message) => report.notes.push({ file: MANIFEST, line: lineOf(manifest, name), code, message })
  if (loaded('koa-session') && majorOf(rangeOf(manifest, 'koa-session') ?? '') === 5) {
    add('koa-session', 'KEY', "koa-session 5 calls its cookie koa:sess, and koa-session-rs koa.sess: if the app does not set the option key, set key: 'koa:sess', or all users are logged out")
  }
  for (const name of stay) add(name, 'KEPT', `${name} stays a dependency, since a place that loads it is not understood`)
  for (const name of listed) if (!loaded(name) && !kept.has(name)) add(name, 'NOT_LOADED', `no source file loads ${name}: it is left as it is`)
  if (!isInstalled && changed.size > 0 && replaced.size + stay.size === 0) add('koa-session-rs', 'NOT_LISTED', 'package.json does not list the package that is replaced: npm install koa-session-rs')
  const edits = manifestEdits(manifest, { replaced, kept: stay })
  if (edits === undefined) report.unclear.push({ file: MANIFEST, line: 1, code: 'MANIFEST', message: 'the dependencies are not understood: replace them by hand' })
  else addChange(report, MANIFEST, file, edits)
}

/** Says what to do about other packages. */
function addPackages (folder, manifest, { notes }, { changed, kept, own }) {
  const add = (name, code, message) => notes.push({ file: MANIFEST, line: lineOf(manifest, name), code, message })
  const isUsed = changed.size + kept.size + own.size > 0
  for (const { line, key, name } of otherMentions(manifest)) notes.push({ file: MANIFEST, line, code: 'FIELD', message: `${key} names ${name}: it is left as it is` })
  for (const section of SECTIONS) {
    for (const name of Object.keys(entriesOf(manifest.data, section))) {
      if (/^@types\/koa-(?:generic-)?session(?:-minimal)?$/.test(name)) add(name, 'TYPES', `${name} may be removed, or stay: koa-session-rs has its own types`)
      if (Object.hasOwn(RECIPES, name) && !notes.some(({ code, message }) => code === 'RECIPE' && message.startsWith(name))) add(name, 'RECIPE', `${name}: ${RECIPES[name]}`)
    }
  }
  if (!isUsed && !DEPENDENTS.some((name) => rangeOf(manifest, name) !== undefined)) return
  for (const name of dependents(folder, manifest)) {
    add(name, 'DEPENDENT', `${name} depends on koa-session. To give it this package: npm pkg set 'overrides.koa-session=$koa-session', then npm install koa-session@npm:koa-session-rs (docs/migrating/from-koa-session.md)`)
  }
}

/** Returns the installed or listed packages that depend on koa-session. */
function dependents (folder, manifest) {
  const listed = DEPENDENTS.filter((name) => rangeOf(manifest, name) !== undefined)
  const installed = namesIn(join(folder, 'node_modules')).filter((name) => {
    const data = readJson(folder, `node_modules/${name}/package.json`)
    return Object.hasOwn(entriesOf(data, 'dependencies'), 'koa-session')
  })
  return [...new Set([...listed, ...installed])].sort()
}

function namesIn (place) {
  const list = (path) => {
    try {
      return readdirSync(path).filter((name) => !name.startsWith('.'))
    } catch {
      return []
    }
  }
  return list(place).flatMap((name) => name.startsWith('@') ? list(join(place, name)).map((each) => `${name}/${each}`) : name)
}

function readJson (folder, path) {
  try {
    return Object(JSON.parse(readText(folder, path, () => {})?.text.replace(/^\uFEFF/, '') ?? '{}'))
  } catch {
    return {}
  }
}

/** Returns whether a subfolder has a package.json that lists a replaced package. */
function isOtherApp (folder, place) {
  const data = readJson(folder, `${place}/package.json`)
  return SECTIONS.some((section) => Object.keys(REPLACED).some((name) => Object.hasOwn(entriesOf(data, section), name)))
}

module.exports = { MANIFEST, plan }
