'use strict'

const { NEW_OPTIONS } = require('./packages')
const { is, splitList, stringValue } = require('./tokens')

const MODIFIERS = new Set(['get', 'set', 'async', '*', 'static'])

/**
 * Reads the options of a call `session(opts, app)`.
 *
 * @param {import('./tokens').Source} source
 * @param {number} open the call's bracket
 * @param {{ renames: object[], notes: object[], unclear: object[] }} found gets what it finds
 */
function readOptions (source, open, found) {
  const { code } = source
  const list = splitList(code, open + 1, code[open].pair)
  const literal = list.map((part) => literalAt(code, ...part)).find((each) => each !== undefined)
  if (literal !== undefined) return readLiteral(code, literal, found)
  if (list.some(([from]) => is(code[from], '...'))) return found.unclear.push(runtime(open))
  // `session(app)` has no options.
  if (list.length < 2) return
  for (const [from, to] of list) {
    if (to - from === 1 && code[from].type === 'IdentifierName' && readVariable(source, from, open, found)) return
  }
  const known = list.filter(([from, to]) => to - from === 1 && /^(?:undefined|null|this)$/.test(code[from].value))
  if (!known.some(([from]) => !is(code[from], 'this'))) found.unclear.push(runtime(open))
}

const runtime = (index) => ({ index, code: 'OPTIONS', message: 'the options are made elsewhere or when the app runs: maxage has to be maxAge there' })

/** Returns the bracket of an object literal, also of `Object.freeze({ ... })` and of `{ ... } as type`. */
function literalAt (code, from, to) {
  const isFrozen = is(code[from], 'Object') && is(code[from + 1], '.') && is(code[from + 2], 'freeze') && is(code[from + 3], '(')
  const open = isFrozen ? from + 4 : from
  if (!is(code[open], '{')) return
  const after = code[open].pair + (isFrozen ? 2 : 1)
  return after === to || is(code[after], 'as') || is(code[after], 'satisfies') ? open : undefined
}

/** Reads the options in a variable, if the file has one declaration of it with a literal. Returns whether it has any. */
function readVariable ({ code, names }, use, call, found) {
  const { value: name, parent } = code[use]
  if (found.variables.get(name)?.isRead) return true
  const mentions = names.get(name)
  // Kept for the next call with this name.
  const variable = found.variables.get(name) ?? { declared: mentions.filter((i) => /^(?:const|let|var)$/.test(code[i - 1]?.value)), isRead: false }
  found.variables.set(name, variable)
  if (variable.declared.length !== 1) return false
  const [declaration] = variable.declared
  const equals = equalsOf(code, declaration + 1)
  if (equals === undefined) return false
  const literal = literalAt(code, equals + 1, endOfDeclaration(code, equals + 1))
  const block = code[declaration].parent
  if (literal === undefined || (block !== undefined && !contains(code, block, parent))) return false
  variable.isRead = true
  const own = { renames: [], notes: found.notes, unclear: found.unclear }
  readLiteral(code, literal, own)
  const hasOld = hasMaxage(code, literal)
  const other = mentions.find((i) => i !== declaration && !isArgument(code, i, code[call - 1].value) && !isHarmless(code, i, hasOld))
  const index = other ?? (is(code[declaration - 2], 'export') && hasOld ? declaration : undefined)
  if (index === undefined) found.renames.push(...own.renames)
  else found.unclear.push({ index, code: 'OPTIONS', message: `${name} is also used here: look whether this reads or writes maxage` })
  return true
}

const contains = (code, open, i) => i > open && i < code[open].pair

/** Finds the `=` of a declaration, after its type. */
function equalsOf (code, from) {
  if (is(code[from], '=')) return from
  if (!is(code[from], ':')) return
  for (let i = from + 1; i < Math.min(from + 100, code.length); i++) {
    if (is(code[i], '=')) return i
    if (is(code[i], ';') || is(code[i], '=>')) return
    if (code[i].pair > i) i = code[i].pair
  }
}

/** Returns the token after the literal that begins at a token. */
function endOfDeclaration (code, from) {
  if (is(code[from], '{')) return is(code[code[from].pair + 1], '.') ? undefined : code[from].pair + 1
  return is(code[from + 3], '(') ? code[from + 3].pair + 1 : undefined
}

/** Returns whether a name is an argument of such a call. */
function isArgument (code, i, callee) {
  const { parent } = code[i]
  return parent !== undefined && is(code[parent - 1], callee) && /^[(,]$/.test(code[i - 1].value) && /^[,)]$/.test(code[i + 1].value)
}

/** Returns whether a mention of the variable neither reads nor writes maxage: a member with another name, or a key. */
function isHarmless (code, i, hasOld) {
  if (is(code[i + 1], '.')) return code[i + 2]?.value !== 'maxage' && !(hasOld && code[i + 2]?.value === 'maxAge')
  return is(code[i + 1], ':') && /^[{,]$/.test(code[i - 1]?.value)
}

/** Reads the properties of an object literal. */
function readLiteral (code, open, found) {
  const properties = splitList(code, open + 1, code[open].pair).filter(([from, to]) => to > from).map(([from, to]) => readProperty(code, from, to))
  const runtimeParts = properties.filter(({ name }) => name === undefined)
  const old = properties.filter(({ name }) => name === 'maxage')
  for (const { index } of runtimeParts) found.unclear.push(runtime(index))
  for (const { name, index } of properties) {
    if (NEW_OPTIONS.has(name)) found.notes.push({ index, code: 'NEW_OPTION', message: `koa-session ignores the option ${name}, koa-session-rs has one of this name: rename it, unless it is meant` })
  }
  if (old.length === 0) return
  const isAlone = old.length === 1 && !properties.some(({ name }) => name === 'maxAge')
  if (runtimeParts.length > 0 || !isAlone || old[0].form === 'method') {
    const message = 'the option maxage is maxAge in koa-session-rs: it is not clear which value is meant'
    found.unclear.push({ index: old[0].index, code: 'MAXAGE', message })
  } else found.renames.push(old[0])
}

/** Returns the name of a property, and its token; no name for a spread or a computed name. */
function readProperty (code, from, to) {
  let index = from
  let form = 'value'
  if (is(code[from], '...') || is(code[from], '[')) return { index: from }
  while (MODIFIERS.has(code[index].value) && index + 1 < to && !/^[:(]$/.test(code[index + 1].value)) {
    index++
    form = 'method'
  }
  if (is(code[index], '[')) return { index }
  if (is(code[index + 1], '(') && index + 1 < to) form = 'method'
  else if (to - from === 1) form = 'shorthand'
  return { name: stringValue(code[index]) ?? code[index].value, index, form }
}

/** Returns whether the arguments of a call name maxage. */
function hasMaxage (code, open) {
  return code.slice(open, code[open].pair).some((token) => (stringValue(token) ?? token.value) === 'maxage')
}

module.exports = { hasMaxage, readOptions }
