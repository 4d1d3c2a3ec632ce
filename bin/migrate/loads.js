'use strict'

const { EXPORTED, REPLACED, packageOf } = require('./packages')
const { bindingsOfImport, bindingsOfPattern } = require('./bindings')
const { is, isMember, stringValue } = require('./tokens')

/** Calls that take any text: a package's name in them is no load. */
const TEXT_CALLS = new Set(['log', 'info', 'warn', 'error', 'debug', 'trace', 'describe', 'it', 'test', 'get', 'set', 'has', 'Error', 'TypeError', 'Symbol', 'for', 'includes', 'startsWith', 'equal', 'push'])
const TEXT_KEYS = new Set(['key', 'name', 'title', 'label', 'description', 'cookie', 'cookieName', 'prefix', 'message', 'id'])

/** The most tokens that are looked at around a specifier. */
const MAX_CLAUSE = 1000
const MAX_COMPUTED = 50

/**
 * A place where a module loads a session package.
 *
 * @typedef {object} Load
 * @property {string} name the package
 * @property {string} [specifier] what the module loads of a package that is not replaced
 * @property {number} index the specifier's token
 * @property {'import' | 'require' | 'dynamic'} form
 * @property {{ local: string, imported: string, index: number }[]} bindings the names that the module gives to what it loads; `imported`
 *   is 'module' for what `require` returns, and '*' for a namespace
 * @property {number} [end] the last token of a require or a dynamic import, with its member
 * @property {string} [member] the member that is taken from it at once
 * @property {{ code: string, message: string }} [unclear] why the place is left as it is
 */

/**
 * Finds the places where a file loads packages, and where a package's name may be one.
 *
 * @param {import('./tokens').Source} source
 * @returns {Load[]}
 */
function findLoads ({ code }) {
  const loads = []
  for (const [index, token] of code.entries()) {
    if (token.type === 'NoSubstitutionTemplate') {
      const name = token.value.slice(1, -1)
      if (Object.hasOwn(REPLACED, packageOf(name))) loads.push(unclear(name, index, 'COMPUTED', `the name of ${packageOf(name)} is in a template`))
    } else if (/^Template(?:Head|Middle|Tail)$/.test(token.type) || token.type === 'StringLiteral') {
      const load = token.type === 'StringLiteral' ? loadAt(code, index, stringValue(token)) : undefined
      if (load) loads.push(load)
    } else if (isComputedLoad(code, index)) {
      const name = nameIn(code, index + 2, code[index + 1].pair)
      if (name !== undefined) loads.push(unclear(name, index, 'COMPUTED', `the specifier is computed, and may be ${name}`))
    }
  }
  return loads
}

function unclear (specifier, index, code, message) {
  return { name: packageOf(specifier), index, form: 'require', bindings: [], unclear: { code, message } }
}

function loadAt (code, index, value) {
  const name = packageOf(value)
  const form = formAt(code, index)
  if (!Object.hasOwn(REPLACED, name)) return form && { name, specifier: value, index, form: form.form, bindings: [] }
  if (form === undefined) {
    return isText(code, index, value) ? undefined : unclear(name, index, 'NOT_A_LOAD', `${name} is named here, but not loaded by import or require`)
  }
  if (form.problem) return unclear(name, index, ...form.problem)
  if (value !== name) return unclear(name, index, 'SUBPATH', `a file inside ${name} is loaded`)
  if (code[index].value.slice(1, -1) !== name) return unclear(name, index, 'COMPUTED', `the name of ${name} is written with escapes`)
  const load = { name, index, ...form }
  if (form.form === 'import') load.bindings = bindingsOfImport(code, form.start, index - 2)
  else Object.assign(load, bindingsOfExpression(code, form))
  load.unclear ??= unknownName(load)
  return load
}

/** Returns how a specifier is loaded: { form, start, end }, or { problem }; undefined if it is not. */
function formAt (code, index) {
  const [callee, before, next] = [code[index - 2], code[index - 1], code[index + 1]]
  if (is(before, 'import')) return { form: 'import', start: index }
  if (is(before, 'from')) return statementAt(code, index)
  if (is(before, 'module') && is(callee, 'declare')) return { problem: ['AUGMENTATION', 'the types of the package are augmented: declare the data in SessionData of koa-session-rs'] }
  if (!is(before, '(') || isMember(code, index - 2)) return
  const end = before.pair
  if (is(callee, 'require') && !is(code[index - 3], 'function') && is(next, ')')) return { form: 'require', start: index - 2, end }
  if (is(callee, 'import') && (is(next, ')') || is(next, ','))) return { form: 'dynamic', start: index - 2, end }
}

/** Finds the `import` or `export` that a `from` belongs to. */
function statementAt (code, index) {
  for (let i = index - 2; i >= Math.max(0, index - MAX_CLAUSE); i--) {
    const { type, value } = code[i]
    if (value === 'import' && !isMember(code, i)) return { form: 'import', start: i + 1 }
    if (value === 'export' && !isMember(code, i)) return { problem: ['REEXPORT', 'the package is exported again: other modules may rely on it'] }
    if (type !== 'IdentifierName' && type !== 'StringLiteral' && !/^[{},*]$/.test(value)) return
  }
}

/** Returns the member that is taken from a required module, and the names that it gets. */
function bindingsOfExpression (code, { form, start, end }) {
  const before = () => code[start - 1]
  let isAwaited = false
  for (;;) {
    if (is(before(), 'await')) isAwaited = true
    else if (is(before(), '(') && before().pair === end + 1 && code[start - 2]?.type !== 'IdentifierName') end++
    else break
    start--
  }
  const imported = form === 'dynamic' ? '*' : 'module'
  const isType = form === 'dynamic' && !isAwaited && (/^(?:typeof|as|extends|satisfies|[:<|&])$/.test(before()?.value) || is(code[start - 3], 'type'))
  const member = is(code[end + 1], '.') ? code[end + 2]?.value : undefined
  if (member !== undefined) end += 2
  if (isType) return { bindings: [], end, member }
  if (form === 'dynamic' && !isAwaited) return { unclear: { code: 'USE', message: 'what becomes of this promise is not known' } }
  if (is(code[end + 1], '(') || is(code[end + 1], '<')) return { bindings: [], end, member }
  if (is(before(), '=')) return assigned(code, start - 2, member ?? imported, { end, member })
  if (member === undefined && isStatement(code, start, end)) return { bindings: [] }
  return { unclear: { code: 'USE', message: 'what becomes of the loaded module is not known' } }
}

/** Returns the names that an assignment gives. `at` is the token before its `=`. */
function assigned (code, at, imported, load) {
  const unknown = { unclear: { code: 'USE', message: 'the loaded module is assigned to what other modules may use' } }
  const token = code[at]
  const start = token?.pair ?? at
  if (is(code[start - 1], '=') || is(code[start - 2], 'export')) return unknown
  if (!isComplete(code, load.end)) return unknown
  if (is(token, '}') && token.pair !== undefined && !is(code[start - 1], ':')) {
    const bindings = bindingsOfPattern(code, token.pair, at)
    return bindings && imported !== 'default' ? { ...load, bindings } : unknown
  }
  if (token?.type === 'IdentifierName' && !isMember(code, at)) {
    const isTyped = is(code[at - 1], ':')
    if (isTyped && !/^(?:const|let|var)$/.test(code[at - 3]?.value)) return unknown
    const index = isTyped ? at - 2 : at
    return { ...load, bindings: [{ local: code[index].value, imported, index }] }
  }
  return unknown
}

/** Returns whether an expression ends at a token: nothing is done with its value before it is assigned. */
function isComplete (code, end) {
  const after = code[end + 1]
  return after === undefined || /^(?:[;,)}\]]|as|satisfies)$/.test(after.value) || (after.isFirst && (after.type !== 'Punctuator' || /^(?:[{@!~]|\+\+|--)$/.test(after.value)))
}

/** Returns whether an expression is a statement, so that nothing uses its value. */
function isStatement (code, start, end) {
  const [before, after] = [code[start - 1], code[end + 1]]
  const isBegun = before === undefined || /^[;{}]$/.test(before.value) || (code[start].isFirst && (/^[)\]]$/.test(before.value) || before.type === 'StringLiteral'))
  return isBegun && (after === undefined || /^[;}]$/.test(after.value) || (after.isFirst && after.type === 'IdentifierName'))
}

function unknownName ({ name, bindings, member }) {
  if (!REPLACED[name].hasOptions) return
  const names = [...bindings.map(({ imported }) => imported), ...(member === undefined ? [] : [member])]
  const unknown = names.find((each) => each !== '*' && each !== 'module' && !EXPORTED.has(each))
  if (unknown !== undefined) return { code: 'EXPORT', message: `koa-session-rs does not export ${unknown}` }
}

/** Returns whether a string that is a package's name is only text, as in a log or an option. */
function isText (code, index, value) {
  if (value !== packageOf(value) && !/^[\w-]+\/[\w./-]+$/.test(value)) return true
  const [callee, before] = [code[index - 2], code[index - 1]]
  if (is(before, '(')) return TEXT_CALLS.has(callee?.value)
  if (is(before, ':')) return TEXT_KEYS.has(stringValue(callee) ?? callee?.value)
  return false
}

/** Returns whether a token begins `require(...)` or `import(...)` of something else than one string. */
function isComputedLoad (code, index) {
  if (!/^(?:require|import)$/.test(code[index].value) || !is(code[index + 1], '(') || isMember(code, index)) return false
  return code[index + 1].pair !== index + 3
}

/** Returns the package whose name the strings between two tokens make. */
function nameIn (code, start, end) {
  const tokens = code.slice(start, Math.min(end, start + MAX_COMPUTED))
  const parts = tokens.map((token) => stringValue(token) ?? (/Template/.test(token.type) ? token.value.replace(/^[`}]|`$|\$\{$/g, '') : ''))
  // A part that is a whole name is found by itself.
  if (parts.some((part, i) => /^(?:String|NoSub)/.test(tokens[i].type) && Object.hasOwn(REPLACED, packageOf(part)))) return
  const text = parts.join('')
  return Object.keys(REPLACED).find((name) => text.includes(name)) ?? (/^koa-(?:session|generic)?-?$/.test(text) ? 'koa-session' : undefined)
}

module.exports = { findLoads }
