'use strict'

const { is, splitList, stringValue } = require('./tokens')

/** Beyond these, a name is taken to be declared again everywhere. */
const MAX_RANGES = 1000
const MAX_DEPTH = 100

/** Returns the names that the clause of an `import` gives, between two tokens, both of them included. */
function bindingsOfImport (code, start, end) {
  const first = is(code[start], 'type') && start < end && !is(code[start + 1], ',') ? start + 1 : start
  return splitList(code, first, end + 1).flatMap(([from, to]) => {
    if (is(code[from], '{')) return splitList(code, from + 1, to - 1).flatMap(([at, after]) => specifier(code, at, after))
    const index = to - 1
    return { local: code[index].value, imported: is(code[from], '*') ? '*' : 'default', index }
  })
}

/** Reads `a`, `a as b`, `type a` or `type a as b`. */
function specifier (code, from, to) {
  if (to === from) return []
  const start = is(code[from], 'type') && to - from > 1 && !(is(code[from + 1], 'as') && to - from === 3) ? from + 1 : from
  return { local: code[to - 1].value, imported: stringValue(code[start]) ?? code[start].value, index: to - 1 }
}

/** Returns the names that a pattern such as `{ a, b: c }` gives, between its brackets; undefined if it has anything else. */
function bindingsOfPattern (code, open, end) {
  const bindings = []
  for (const [from, to] of splitList(code, open + 1, end)) {
    const isRenamed = to - from === 3 && is(code[from + 1], ':')
    if (to === from || (to - from !== 1 && !isRenamed) || code[to - 1].type !== 'IdentifierName') return
    bindings.push({ local: code[to - 1].value, imported: stringValue(code[from]) ?? code[from].value, index: to - 1 })
  }
  return bindings
}

/**
 * Finds the ranges of tokens where a name is declared again, as a variable or a parameter. A range may be too large: then what is in it
 * is not understood.
 *
 * @returns {[number, number][]}
 */
function shadowsOf ({ code, names }, local, own) {
  const ranges = []
  for (const i of names.get(local) ?? []) {
    const range = own.has(i) ? undefined : declaredRange(code, i)
    if (range) ranges.push(range)
  }
  return ranges.length > MAX_RANGES ? [[0, code.length]] : ranges
}

function declaredRange (code, i) {
  const before = code[i - 1]
  if (/^(?:const|let|class|function|import)$/.test(before?.value) || is(before, '*')) return around(code, i)
  if (is(before, 'var')) return [0, code.length]
  if (is(code[i + 1], '=>')) return bodyRange(code, i, i + 1)
  // The innermost bracket that is not part of a pattern tells a parameter and a destructured variable from other uses.
  let depth = 0
  for (let open = code[i].parent; open !== undefined; open = code[open].parent) {
    if (++depth > MAX_DEPTH) return [0, code.length]
    const end = code[open].pair
    if (is(code[open], '(')) return isParameters(code, open) ? bodyRange(code, open, end + 1) : undefined
    if (/^(?:const|let)$/.test(code[open - 1]?.value)) return around(code, open)
    if (is(code[open - 1], 'var')) return [0, code.length]
    if (!is(code[open], '{') && !is(code[open], '[')) return
    if (!/^[=,:)}\]]$/.test(code[end + 1]?.value)) return
  }
}

/** Returns whether brackets have parameters: those of a function, a method, an arrow function or a catch. */
function isParameters (code, open) {
  const after = code[code[open].pair + 1]
  if (is(after, '=>')) return true
  if (is(after, '{')) return !/^(?:if|while|switch|with|for)$/.test(code[open - 1]?.value)
  // The type of what a function returns.
  return is(after, ':') && (is(code[open - 2], 'function') || is(code[open - 1], 'function') || /^[=(,:]$|^async$/.test(code[open - 1]?.value))
}

function bodyRange (code, start, after) {
  const body = is(code[after], '=>') ? after + 1 : after
  return is(code[body], '{') ? [start, code[body].pair] : [start, around(code, start)[1]]
}

/** Returns the block around a token. */
function around (code, i) {
  let open = code[i].parent
  for (let depth = 0; open !== undefined && !is(code[open], '{'); depth++) open = depth < MAX_DEPTH ? code[open].parent : undefined
  return open === undefined ? [0, code.length] : [open, code[open].pair]
}

module.exports = { bindingsOfImport, bindingsOfPattern, shadowsOf }
