'use strict'

const { applyEdits } = require('./diff')
const { OWN, REPLACED, packageOf } = require('./packages')
const { is, readSource, splitList, stringValue } = require('./tokens')

/** Where an app lists what it loads: the first of them that has a replaced package gets koa-session-rs. */
const SECTIONS = ['dependencies', 'optionalDependencies', 'devDependencies']

/** Other fields in which a package's name has a meaning. */
const OTHER_FIELDS = new Set(['peerDependencies', 'peerDependenciesMeta', 'bundledDependencies', 'bundleDependencies', 'overrides', 'resolutions', 'pnpm', 'jest', 'ava', 'imports'])

/**
 * Reads package.json.
 *
 * @param {string} text
 * @returns {{ text: string, data: object, source: import('./tokens').Source } | undefined} undefined if it is not an object in JSON
 */
function readManifest (text) {
  try {
    const data = JSON.parse(text.replace(/^\uFEFF/, ''))
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return
    const source = readSource(text, 'package.ts')
    return source && { text, data, source }
  } catch {
    // Also too deep for JSON.parse.
  }
}

/** Returns the range of a package that the app depends on. */
function rangeOf ({ data }, name) {
  return SECTIONS.map((section) => entriesOf(data, section)[name]).find((range) => typeof range === 'string')
}

const entriesOf = (data, section) => {
  const entries = Object.hasOwn(data, section) ? data[section] : undefined
  return typeof entries === 'object' && entries !== null && !Array.isArray(entries) ? entries : {}
}

/** Returns the first number of a range such as ^7.0.2 or npm:koa-session@6; undefined if it has none. */
function majorOf (range) {
  const match = /^[\s^~>=v]*(\d+)(?:\.|\s|-|$)/.exec(range.replace(/^npm:(?:@[^/]+\/)?[^@]+@/, ''))
  return match ? Number(match[1]) : undefined
}

/**
 * Returns the edits that replace packages by koa-session-rs.
 *
 * @param {object} manifest
 * @param {{ replaced: Set<string>, kept: Set<string> }} packages kept: the app still loads them, so that they stay
 * @returns {import('./diff').Edit[] | undefined} undefined if package.json is not understood
 */
function manifestEdits (manifest, { replaced, kept }) {
  const { data, text, source: { code } } = manifest
  const isListed = SECTIONS.some((section) => Object.hasOwn(entriesOf(data, section), OWN.name))
  const target = isListed ? undefined : SECTIONS.find((section) => [...replaced, ...kept].some((name) => Object.hasOwn(entriesOf(data, section), name)))
  const edits = []
  const expected = { ...data }
  for (const [key, open] of fieldsOf(code)) {
    if (!SECTIONS.includes(key) || !is(code[open], '{')) continue
    const names = Object.keys(entriesOf(data, key)).filter((name) => replaced.has(name))
    const place = key === target ? names[0] ?? Object.keys(entriesOf(data, key)).find((name) => kept.has(name)) : undefined
    edits.push(...sectionEdits(text, code, open, new Set(names), place))
    expected[key] = expectedEntries(data[key], new Set(names), place)
  }
  const sorted = edits.sort((a, b) => a.start - b.start)
  try {
    const result = JSON.parse(applyEdits(text, sorted).replace(/^\uFEFF/, ''))
    return JSON.stringify(result) === JSON.stringify(expected) ? sorted : undefined
  } catch {}
}

/** Returns the top-level keys of an object in JSON, and the first tokens of their values. */
function fieldsOf (code) {
  return splitList(code, 1, code[0].pair).map(([from]) => [stringValue(code[from]), from + 2])
}

function sectionEdits (text, code, open, names, place) {
  const { pair } = code[open]
  const entries = splitList(code, open + 1, pair).map(([from, to]) => ({ name: stringValue(code[from]), key: code[from], value: code[to - 1] }))
  const endOf = (token) => token.start + token.value.length
  const isRemoved = ({ name }) => names.has(name) && name !== place
  const edits = []
  const own = [JSON.stringify(OWN.name), JSON.stringify(OWN.range)]
  const at = entries.findIndex(({ name }) => name === place)
  if (at >= 0 && names.has(place)) {
    const { key, value } = entries[at]
    edits.push({ start: key.start, end: endOf(key), text: own[0] }, { start: value.start, end: endOf(value), text: own[1] })
  } else if (at >= 0) {
    const { key, value } = entries[at]
    // The white space before the entry is repeated: an entry on a line of its own gets a line of its own.
    const blank = text.slice(endOf(code[code.indexOf(key) - 1]), key.start)
    edits.push({ start: endOf(value), end: endOf(value), text: `,${blank || ' '}${own.join(': ')}` })
  }
  for (let i = 0; i < entries.length; i++) {
    if (!isRemoved(entries[i])) continue
    let last = i
    while (last + 1 < entries.length && isRemoved(entries[last + 1])) last++
    if (last + 1 < entries.length) edits.push({ start: entries[i].key.start, end: entries[last + 1].key.start, text: '' })
    else if (i > 0) edits.push({ start: endOf(entries[i - 1].value), end: endOf(entries[last].value), text: '' })
    else edits.push({ start: endOf(code[open]), end: code[pair].start, text: '' })
    i = last
  }
  return edits
}

function expectedEntries (entries, names, place) {
  return Object.fromEntries(Object.entries(entries).flatMap(([name, range]) => {
    if (name !== place) return names.has(name) ? [] : [[name, range]]
    return names.has(name) ? [[OWN.name, OWN.range]] : [[name, range], [OWN.name, OWN.range]]
  }))
}

/** Lists the places outside the dependencies where a replaced package is named. */
function otherMentions ({ source: { code, lineAt } }) {
  return fieldsOf(code).filter(([key]) => OTHER_FIELDS.has(key)).flatMap(([key, open]) => {
    const own = code.slice(open, (code[open].pair ?? open) + 1)
    return own.filter((token) => Object.hasOwn(REPLACED, packageOf(stringValue(token) ?? ''))).map((token) => ({ line: lineAt(token.start), key, name: packageOf(stringValue(token)) }))
  })
}

/** Returns the line of a dependency. */
function lineOf ({ source: { code, lineAt } }, name) {
  const token = code.find((each, i) => stringValue(each) === name && is(code[i + 1], ':'))
  return token ? lineAt(token.start) : 1
}

module.exports = { SECTIONS, entriesOf, lineOf, majorOf, manifestEdits, otherMentions, rangeOf, readManifest }
