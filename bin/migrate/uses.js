'use strict'

const { shadowsOf } = require('./bindings')
const { readOptions, hasMaxage } = require('./options')
const { EXPORTED } = require('./packages')
const { is } = require('./tokens')

const CALLABLE = new Set(['default', 'createSession', 'module'])

/**
 * Follows what koa-session gives to a file: the calls, whose options may have other names, and what is not understood.
 *
 * @param {import('./tokens').Source} source
 * @param {import('./loads').Load[]} loads
 * @returns {{ renames: object[], notes: object[], unclear: object[] }}
 */
function followUses (source, loads) {
  const { code, names } = source
  const found = { renames: [], notes: [], unclear: [], variables: new Map() }
  const bindings = loads.flatMap((load) => load.bindings)
  const own = new Set(bindings.map(({ index }) => index))
  for (const { end, member } of loads.filter((load) => load.end !== undefined && load.bindings.length === 0)) {
    const open = openOfCall(code, end + 1)
    if (open !== undefined && (member === undefined || CALLABLE.has(member))) readOptions(source, open, found)
  }
  const distinct = new Map(bindings.map((binding) => [`${binding.local} ${binding.imported}`, binding]))
  for (const binding of distinct.values()) {
    const ranges = shadowsOf(source, binding.local, own)
    for (const i of names.get(binding.local)) {
      if (own.has(i) || isKey(code, i)) continue
      followUse(source, i, binding, ranges.some(([from, to]) => i >= from && i <= to), found)
    }
  }
  return found
}

function followUse (source, i, { imported }, isShadowed, found) {
  const { code } = source
  const isType = /^(?:typeof|interface|type|namespace|extends)$/.test(code[i - 1]?.value)
  const isFunction = CALLABLE.has(imported)
  const member = is(code[i + 1], '.') ? code[i + 2]?.value : undefined
  const callee = member === undefined ? i : i + 2
  const open = openOfCall(code, callee + 1)
  const isCall = open !== undefined && (member === undefined ? isFunction : CALLABLE.has(member)) && !is(code[code[open].pair + 1], '{')
  if (isShadowed) {
    if (isCall && hasMaxage(code, open)) found.unclear.push({ index: i, code: 'SHADOWED', message: 'another variable may have this name here: maxage is left as it is' })
    return
  }
  if (isCall) return readOptions(source, open, found)
  if (isType || imported === 'SessionOptions' || (open !== undefined && is(code[code[open].pair + 1], '{'))) return
  if (member !== undefined && (isFunction || imported === '*')) {
    if (!EXPORTED.has(member)) found.unclear.push({ index: i, code: 'EXPORT', message: `koa-session-rs has no ${member}` })
    else if (CALLABLE.has(member)) found.unclear.push({ index: i, code: 'USE', message: 'the function is passed on: look at the options that it gets' })
    return
  }
  if (!isFunction && imported !== '*') return
  found.unclear.push({ index: i, code: 'USE', message: 'the function is passed on: look at the options that it gets' })
}

/** Returns the bracket of a call, also after type arguments. */
function openOfCall (code, at) {
  if (is(code[at], '(')) return at
  if (!is(code[at], '<')) return
  let depth = 0
  for (let i = at; i < Math.min(at + 100, code.length); i++) {
    if (is(code[i], '<')) depth++
    else if (/^>+$/.test(code[i].value)) depth -= code[i].value.length
    else if (is(code[i], ';')) return
    else if (code[i].pair > i) i = code[i].pair
    if (depth <= 0) return is(code[i + 1], '(') ? i + 1 : undefined
  }
}

/** Returns whether a name is the key of a property or a parameter with a type, and not a value. */
function isKey (code, i) {
  const after = is(code[i + 1], '?') ? code[i + 2] : code[i + 1]
  return is(after, ':') && /^[{,(;}]$/.test(code[i - 1]?.value ?? ';')
}

module.exports = { followUses }
