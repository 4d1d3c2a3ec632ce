'use strict'

const { createHmac, timingSafeEqual } = require('node:crypto')
const { guessName, readCookies } = require('./cookie-header')
const { escaped } = require('./escaped')

const help = `Shows what a session's cookie holds, and what is wrong with it.

Usage: koa-session-rs inspect [COOKIE] [--key KEY]... [--name NAME] [--json]

  COOKIE       a cookie's value, a Cookie header, or lines of Set-Cookie; without it, or for -, read from the standard input
  --key KEY    verifies or opens the cookie; may be repeated, the current key first. Without it, the keys in the environment
               variable KOA_SESSION_KEYS are taken, separated by white space. A key is the text itself, as in app.keys
  --name NAME  the cookie's name, where it cannot be guessed. The name is part of what is signed and sealed

It reads the cookies of koa-session-rs (signed, sealed, in several chunks), koa-session, cookie-session and express-session. Keys are
never printed; a key in the command line is seen by other users of the machine, one in the environment is not.

Examples
  koa-session-rs inspect eyJ2aWV3cyI6MX0=
  koa-session-rs inspect 'Cookie: koa.sess=eyJ2aWV3cyI6MX0=; koa.sess.sig=c2ln' --key 'a secret'
  curl -sI http://localhost:3000 | grep -i set-cookie | koa-session-rs inspect --json`

const options = { key: { type: 'string', multiple: true }, name: { type: 'string' } }

/** The name of a cookie: a token (RFC 9110, section 5.6.2), or what `cookies` takes beyond that. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z()]+$/

const MAX_COOKIE_BYTES = 4096
const MAX_CHUNKS = 32
const MIN_SEAL_KEY_BYTES = 32

/** A sealed value: base64url whose first byte is the version, 1. */
const isSealed = (value) => /^A[Q-Za-f][\w-]{53,}$/.test(value)

function run ({ values, positionals, env, readInput, UsageError }) {
  if (positionals.length > 1) throw new UsageError('inspect takes one cookie: put it in quotes')
  const [given = '-'] = positionals
  const text = given === '-' ? read(readInput, UsageError) : given
  const keys = values.key ?? (env.KOA_SESSION_KEYS ?? '').split(/\s+/).filter((key) => key !== '')
  if (values.name !== undefined && !TOKEN.test(values.name)) throw new UsageError('--name takes the name of a cookie')
  if (keys.includes('')) throw new UsageError('--key takes a key, which is not empty')
  const report = inspect(text, keys, values.name)
  return { text: describe(report), report, isFine: report.problems.length === 0 }
}

function read (readInput, UsageError) {
  try {
    return readInput()
  } catch {
    throw new UsageError('there is no cookie, neither in the command line nor in the standard input')
  }
}

/**
 * Inspects cookies.
 *
 * @param {string} text
 * @param {string[]} keys
 * @param {string} [name]
 */
function inspect (text, keys, name) {
  const { pairs, value, isResponse } = readCookies(text)
  const report = { kind: 'none', name: name ?? null, cookies: [], verified: null, key: null, data: null, envelope: null, expires: null, problems: [] }
  const problem = (code, message) => report.problems.push({ code, message })
  if (value !== undefined) return inspectValue(report, problem, value, keys, name)
  if (pairs.length === 0) {
    problem('NO_COOKIE', 'there is no cookie in this text')
    return report
  }
  report.name = name ?? guessName(pairs) ?? null
  if (report.name === null) {
    problem('NO_NAME', `which cookie is the session's? Say --name; the text has ${pairs.map(([each]) => escaped(each)).join(', ')}`)
    return report
  }
  const own = pairs.filter(([each]) => each === report.name || each === `${report.name}.sig` || partNumber(each, report.name) !== undefined)
  report.cookies = own.map(([each]) => each)
  if (!own.some(([each]) => each === report.name)) {
    problem('NO_COOKIE', `there is no cookie ${escaped(report.name)}; the text has ${pairs.map(([each]) => escaped(each)).join(', ')}`)
    return report
  }
  for (const [each, content] of own) checkSize(problem, each, content)
  const [, first] = own.find(([each]) => each === report.name)
  if (first === '') {
    report.kind = 'expired'
    if (!isResponse) problem('EMPTY', 'the cookie is empty')
    return report
  }
  if (/^s(%3A|:)/i.test(first)) return inspectExpress(report, problem, first, keys)
  return inspectOwn(report, problem, own, keys)
}

const partNumber = (each, name) => each.startsWith(`${name}.`) && /^\d+$/.test(each.slice(name.length + 1)) ? Number(each.slice(name.length + 1)) : undefined

/** Inspects a value without its name, which nothing can verify. */
function inspectValue (report, problem, value, keys, name) {
  if (name !== undefined) return inspect(`${name}=${value}`, keys, name)
  if (/^s(%3A|:)/i.test(value)) return inspectExpress(report, problem, value, keys)
  report.cookies = ['']
  checkSize(problem, '', value)
  if (isSealed(value)) {
    report.kind = 'sealed'
    problem('NO_NAME', 'a sealed value opens only under the name of its cookie: say --name')
    return report
  }
  if (value.startsWith('~')) {
    report.kind = 'chunks'
    problem('MISSED', 'this is one part of a session in several cookies: give all of them, as the Cookie header')
    return report
  }
  readText(report, problem, value)
  return report
}

/** Inspects the cookies of koa-session-rs, koa-session and cookie-session. */
function inspectOwn (report, problem, own, keys) {
  const { binding, OUTCOME, readProtected } = core()
  const { name } = report
  const header = own.map(([each, content]) => `${each}=${content}`).join('; ')
  const read = (protection) => readProtected(binding.protectedCookie(attributesOf(name), { seals: false, maxChunks: MAX_CHUNKS, ...protection }), header)
  const plain = read({})
  if (plain.outcome !== OUTCOME.OPENED) {
    report.kind = 'chunks'
    problem('MISSED', 'a part of the session is absent, or belongs to another value, as after two responses at once: the session is missed, and a new one begins')
    return report
  }
  const isInParts = plain.count > 1
  const signatures = own.filter(([each, content]) => each === `${name}.sig` && content !== '')
  if (isSealed(plain.text) && signatures.length === 0) {
    report.kind = isInParts ? 'sealed, in chunks' : 'sealed'
    const found = tryKeys(keys.map((key) => Buffer.byteLength(key) >= MIN_SEAL_KEY_BYTES ? { sealKeys: [key] } : undefined), read, OUTCOME)
    return openSealed(report, problem, found, keys)
  }
  report.kind = `${signatures.length > 0 ? 'signed' : 'unsigned'}${isInParts ? ', in chunks' : ''}`
  let found
  if (signatures.length === 0) problem('UNSIGNED', `there is no cookie ${escaped(name)}.sig: an app that signs (the default) ignores the session`)
  else if (keys.length > 0) {
    found = tryKeys(keys.map((key) => ({ signKeys: [key] })), read, OUTCOME)
    report.verified = found !== undefined
    if (found === undefined) problem('FORGED', 'none of the keys has made the signature: another key, another name of the cookie, or the cookie was changed')
    else report.key = found.index + 1
  }
  readText(report, problem, found?.text ?? plain.text)
  return report
}

/** Tries keys one after another, to say which of them fits. */
function tryKeys (protections, read, OUTCOME) {
  for (const [index, protection] of protections.entries()) {
    const found = protection && read(protection)
    if (found?.outcome === OUTCOME.OPENED) return { index, text: found.text }
  }
}

function openSealed (report, problem, found, keys) {
  const short = keys.filter((key) => Buffer.byteLength(key) < MIN_SEAL_KEY_BYTES).length
  if (found === undefined) {
    if (keys.length === 0) problem('NEEDS_KEY', 'the session is sealed: give --key, or KOA_SESSION_KEYS')
    else problem('FORGED', 'none of the keys opens it: another key, another name of the cookie, or the cookie was changed')
    if (keys.length > 0) report.verified = false
    if (short > 0) problem('SHORT_KEY', `${short} of the keys have fewer than ${MIN_SEAL_KEY_BYTES} bytes, and cannot seal or open`)
    return report
  }
  report.verified = true
  report.key = found.index + 1
  readText(report, problem, found.text)
  return report
}

/** Reads JSON, base64 of JSON, or an id. */
function readText (report, problem, text) {
  const json = text.startsWith('{') ? text : core().binding.decode(text)
  let data
  try {
    data = JSON.parse(json)
  } catch {}
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    if (/^e[yw][\w+/=-]*$/.test(text)) problem('NOT_JSON', 'the value is no base64 of JSON: it was cut off or changed')
    report.kind = report.kind === 'none' ? 'id' : `${report.kind} id`
    report.data = text
    return
  }
  if (report.kind === 'none') report.kind = 'data'
  const { _expire, _maxAge, _session, _created, _seen, _auth, _id, ...own } = data
  report.data = own
  report.envelope = Object.fromEntries(Object.entries({ _expire, _maxAge, _session, _created, _seen, _auth, _id }).filter(([, value]) => value !== undefined))
  if (!Number.isFinite(_expire)) return
  report.expires = Math.abs(_expire) <= 8.64e15 ? new Date(_expire).toISOString() : null
  if (_expire < Date.now()) problem('EXPIRED', 'the session has expired')
}

/** Inspects a cookie of express-session: `s:ID.SIGNATURE`, percent-encoded, signed by HMAC-SHA256. */
function inspectExpress (report, problem, value, keys) {
  report.kind = 'express-session id'
  let text
  try {
    text = decodeURIComponent(value).slice(2)
  } catch {
    problem('NOT_ENCODED', 'the value is not percent-encoded as express-session does it')
    return report
  }
  const dot = text.lastIndexOf('.')
  report.data = dot < 0 ? text : text.slice(0, dot)
  if (dot < 0) problem('UNSIGNED', 'the id has no signature')
  else if (keys.length > 0) {
    const signature = Buffer.from(text.slice(dot + 1))
    const index = keys.findIndex((key) => {
      const expected = Buffer.from(createHmac('sha256', key).update(report.data).digest('base64').replace(/=+$/, ''))
      return expected.length === signature.length && timingSafeEqual(expected, signature)
    })
    report.verified = index >= 0
    if (index >= 0) report.key = index + 1
    else problem('FORGED', 'none of the secrets has made the signature')
  }
  return report
}

function checkSize (problem, name, value) {
  const bytes = name.length + value.length
  if (bytes > MAX_COOKIE_BYTES) problem('OVERSIZE', `${name === '' ? 'the value' : escaped(name)} has ${bytes} bytes, and browsers drop a cookie of over ${MAX_COOKIE_BYTES}: see the option chunks`)
}

function attributesOf (key) {
  return { key, path: '/', domain: '', priority: '', sameSite: '', httpOnly: true, partitioned: false }
}

/** Loads the core, which only this command needs. */
function core () {
  return { binding: require('../lib/native/binding'), ...require('../lib/native/protected') }
}

function describe ({ kind, name, verified, key, data, envelope, expires, problems }) {
  const lines = [['kind', kind]]
  if (name !== null) lines.push(['name', name])
  if (verified !== null) lines.push(['verified', verified ? `yes, by key ${key}` : 'no'])
  if (data !== null) lines.push(['data', typeof data === 'string' ? data : JSON.stringify(data, null, 2)])
  if (envelope !== null && Object.keys(envelope).length > 0) lines.push(['envelope', JSON.stringify(envelope)])
  if (expires !== null) lines.push(['expires', expires])
  const text = lines.map(([label, value]) => `${label}:`.padEnd(10) + value.split('\n').map(escaped).join('\n'))
  return [...text, ...problems.map(({ code, message }) => `problem:  ${message} (${code})`)].join('\n')
}

module.exports = { help, options, allowPositionals: true, run, inspect }
