'use strict'

const jsTokens = require('js-tokens')

const BLANK = new Set(['WhiteSpace', 'LineTerminatorSequence', 'SingleLineComment', 'MultiLineComment', 'HashbangComment', 'JSXText'])
const COMMENT = new Set(['SingleLineComment', 'MultiLineComment'])
const CLOSING = { '(': ')', '[': ']', '{': '}' }

/**
 * The tokens of a source file.
 *
 * @typedef {object} Source
 * @property {{ type: string, value: string, start: number, isFirst: boolean, pair?: number, parent?: number }[]} code the tokens but for white space,
 *   comments and JSX text; `pair` is the index of the other bracket, `parent` that of the innermost open one
 * @property {Map<string, number[]>} names where each name is, but for names of members
 * @property {{ value: string, start: number }[]} comments
 * @property {(offset: number) => number} lineAt
 */

/**
 * Divides a source file into tokens.
 *
 * @param {string} text
 * @param {string} name the file's name: which of JavaScript, TypeScript and JSX it may have
 * @returns {Source | undefined} undefined if the tokens are not those of a complete module
 */
function readSource (text, name) {
  for (const jsx of modesOf(text, name)) {
    const all = tokensOf(text, jsx)
    const code = all && withoutBlanks(all)
    if (code && pairBrackets(code) && closesElements(code)) {
      return { text, code, names: namesIn(code), comments: all.filter(({ type }) => COMMENT.has(type)), lineAt: lineCounter(text) }
    }
  }
}

/**
 * Returns how to read a file. In JavaScript, `<` begins an expression only in JSX. In TypeScript, it also begins a type, so files with
 * both are read as TypeScript without JSX if they have no end of an element.
 */
function modesOf (text, name) {
  if (/\.[cm]?ts$/.test(name)) return [false]
  return /<\/|\/>/.test(text) ? [true] : [true, false]
}

function tokensOf (text, jsx) {
  const tokens = []
  let start = 0
  try {
    for (const { type, value, closed } of jsTokens(text, { jsx })) {
      if (closed === false || type === 'Invalid' || type === 'JSXInvalid') return
      tokens.push({ type, value, start })
      start += value.length
    }
  } catch {
    // A regular expression of js-tokens has met a token that is too long for it.
    return
  }
  return start === text.length ? tokens : undefined
}

/** Returns the tokens of code, and says of each whether it begins a line. */
function withoutBlanks (all) {
  let isFirst = true
  return all.filter((token) => {
    if (token.type === 'LineTerminatorSequence' || (token.type === 'MultiLineComment' && /[\r\n]/.test(token.value))) isFirst = true
    if (BLANK.has(token.type)) return false
    token.isFirst = isFirst
    isFirst = false
    return true
  })
}

function namesIn (code) {
  const names = new Map()
  for (const [i, { type, value }] of code.entries()) {
    if (type !== 'IdentifierName' || isMember(code, i)) continue
    if (names.has(value)) names.get(value).push(i)
    else names.set(value, [i])
  }
  return names
}

/** Sets the pairs of brackets and of the parts of templates. Returns whether each bracket has one. */
function pairBrackets (code) {
  const open = []
  for (const [i, token] of code.entries()) {
    const { type, value } = token
    token.parent = open.at(-1)?.i
    if (type === 'TemplateHead') open.push({ i, end: 'template' })
    else if (type === 'TemplateTail') {
      if (!close(code, open.pop(), i, 'template')) return false
    } else if (type === 'Punctuator' || type === 'JSXPunctuator') {
      if (Object.hasOwn(CLOSING, value)) open.push({ i, end: CLOSING[value] })
      else if (/^[)\]}]$/.test(value) && !close(code, open.pop(), i, value)) return false
    }
  }
  return open.length === 0
}

function close (code, opening, i, value) {
  if (opening?.end !== value) return false
  code[i].pair = opening.i
  code[opening.i].pair = i
  return true
}

/** Returns whether each JSX element is closed. A type that was read as an element is not. */
function closesElements (code) {
  const is = (i, value) => code[i]?.type === 'JSXPunctuator' && code[i].value === value
  let depth = 0
  for (const i of code.keys()) {
    if (is(i, '<')) depth += is(i + 1, '/') ? -1 : 1
    else if (is(i, '/') && is(i + 1, '>') && !is(i - 1, '<')) depth--
    if (depth < 0) return false
  }
  return depth === 0
}

/** Returns a function that gives the line of an offset, from 1. Lines end with \n, as in a diff. */
function lineCounter (text) {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (starts[middle] <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

/** Returns the value of a string token; undefined if it is none. */
function stringValue (token) {
  if (token?.type !== 'StringLiteral') return
  const inner = token.value.slice(1, -1)
  if (!inner.includes('\\')) return inner
  return inner.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{1,5})\}|(\r\n|[^]))/gi, (all, x, u, long, other) => {
    const code = x ?? u ?? long
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16))
    return /[\r\n\u2028\u2029]/.test(other) ? '' : other
  })
}

/** Returns whether a token of code, not of text, is this. */
const is = (token, value) => token !== undefined && token.value === value && token.type !== 'StringLiteral'

/** Returns whether a token is the name of a member, as in `a.b` or `a?.b`. */
const isMember = (code, index) => is(code[index - 1], '.') || is(code[index - 1], '?.')

/** Divides the tokens from `start` to before `end` at their commas, but for those inside brackets: [first, after the last]. */
function splitList (code, start, end) {
  const parts = []
  let first = start
  for (let i = start; i <= end; i++) {
    if (i === end || is(code[i], ',')) {
      if (i > first || i < end) parts.push([first, i])
      first = i + 1
    } else if (code[i].pair > i) i = code[i].pair
  }
  return parts
}

module.exports = { is, isMember, lineCounter, readSource, splitList, stringValue }
