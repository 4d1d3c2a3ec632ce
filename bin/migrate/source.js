'use strict'

const { findLoads } = require('./loads')
const { RECIPES, REPLACED, mentionsReplaced, packageOf, storeAdvice } = require('./packages')
const { lineCounter, readSource } = require('./tokens')
const { followUses } = require('./uses')

const IN_COMMENT = /import\(\s*['"]([\w-]+)['"]\s*\)|<reference\s+types=["']([\w-]+)["']/g

/**
 * What a source file needs.
 *
 * @typedef {object} Analysis
 * @property {import('./diff').Edit[]} edits
 * @property {{ line: number, code: string, message: string }[]} notes
 * @property {{ line: number, code: string, message: string }[]} unclear
 * @property {Set<string>} changed the packages whose loads are replaced
 * @property {Set<string>} kept the packages that the file still loads, or may load, after these edits
 * @property {Set<string>} own the entries of koa-session-rs that the file loads already
 * @property {{ line: number, message: string }[]} stores
 */

/**
 * Analyses a source file.
 *
 * @param {string} path
 * @param {{ text: string, isText: boolean }} file
 * @param {string[]} names the packages to replace
 * @returns {Analysis}
 */
function analyse (path, { text, isText }, names) {
  const analysis = { edits: [], notes: [], unclear: [], changed: new Set(), kept: new Set(), own: new Set(), stores: [] }
  const source = isText ? readSource(text, path) : undefined
  if (source === undefined) {
    if (mentionsReplaced(text)) notRead(analysis, text, names, isText)
    return analysis
  }
  const loads = findLoads(source)
  for (const load of loads) addLoad(analysis, source, load, names)
  const followed = loads.filter(({ name, unclear }) => REPLACED[name]?.hasOptions && names.includes(name) && !unclear)
  if (followed.length > 0) addUses(analysis, source, followUses(source, followed))
  for (const { value, start } of source.comments) {
    for (const match of value.matchAll(IN_COMMENT)) {
      const name = match[1] ?? match[2]
      if (names.includes(name)) analysis.notes.push({ line: source.lineAt(start + match.index), code: 'COMMENT', message: `a comment takes types of ${name}: it is left as it is` })
    }
  }
  return sorted(analysis)
}

function notRead (analysis, text, names, isText) {
  const first = names.filter((name) => text.includes(name)).sort((a, b) => text.indexOf(a) - text.indexOf(b))[0]
  if (first === undefined) return
  const what = isText ? 'this is not understood as JavaScript or TypeScript' : 'this file is not text in UTF-8'
  for (const name of names) if (text.includes(name)) analysis.kept.add(name)
  analysis.unclear.push({ line: lineCounter(text)(text.indexOf(first)), code: isText ? 'SYNTAX' : 'BINARY', message: `${what}, and names ${first}` })
}

function addLoad (analysis, { code, lineAt }, load, names) {
  const token = code[load.index]
  const line = lineAt(token.start)
  const { name, unclear } = load
  if (!Object.hasOwn(REPLACED, name)) {
    if (name === 'koa-session-rs') analysis.own.add(load.specifier)
    if (Object.hasOwn(RECIPES, name)) analysis.notes.push({ line, code: 'RECIPE', message: `${name}: ${RECIPES[name]}` })
    const advice = storeAdvice(name)
    if (advice !== undefined) analysis.stores.push({ line, name, message: advice })
  } else if (names.includes(name)) {
    if (unclear) {
      analysis.unclear.push({ line, ...unclear })
      analysis.kept.add(name)
      return
    }
    analysis.changed.add(name)
    analysis.edits.push({ start: token.start + 1, end: token.start + token.value.length - 1, text: REPLACED[packageOf(name)].entry })
  }
}

function addUses (analysis, { code, lineAt }, { renames, notes, unclear }) {
  for (const { index, form } of renames) {
    const { start, value, type } = code[index]
    const quote = type === 'StringLiteral' ? 1 : 0
    if (value.slice(quote, value.length - quote) !== 'maxage') continue
    analysis.edits.push({ start: start + quote, end: start + value.length - quote, text: form === 'shorthand' ? 'maxAge: maxage' : 'maxAge' })
  }
  const placed = ({ index, code: kind, message }) => ({ line: lineAt(code[index].start), code: kind, message })
  analysis.notes = analysis.notes.concat(notes.map(placed))
  analysis.unclear = analysis.unclear.concat(unclear.map(placed))
}

/** Sorts by place, and drops what was found twice. */
function sorted (analysis) {
  const once = (list, keyOf) => [...new Map(list.map((each) => [keyOf(each), each])).values()]
  analysis.edits = once(analysis.edits, ({ start }) => start).sort((a, b) => a.start - b.start)
  for (const kind of ['notes', 'unclear']) {
    analysis[kind] = once(analysis[kind], ({ line, code, message }) => `${line} ${code} ${message}`).sort((a, b) => a.line - b.line)
  }
  return analysis
}

module.exports = { analyse }
