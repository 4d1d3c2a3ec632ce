'use strict'

const { createHmac, createSecretKey } = require('node:crypto')
const { PLACE, REPAIR } = require('../../lib/native/opened')
const { CookieTemplate, expiresUntil, isValue } = require('./cookie-template')
const { append, encode, writeOpened } = require('./envelope')
const { isAcceptableId } = require('./id')
const { numbersIn } = require('./numbers')

/** The most cookies of one name that are tried. */
const MAX_DUPLICATES = 4

/** The attributes with which `cookies` expires an invalid signature. */
const DEFAULTS = { path: '/', domain: '', priority: '', sameSite: '', httpOnly: true, partitioned: false }

/** The cookie of a session, and its signature. */
class SessionCookie {
  #name
  #signatureName
  #value
  #signature
  #dropped
  #keys
  #reissued = null

  constructor (attributes, keys) {
    const { key } = attributes
    const invalid = CookieTemplate.invalidAttribute(key, attributes)
    if (invalid !== null) throw Object.assign(new Error(`option ${invalid} is invalid`), { code: 'ERR_SESSION_OPTION' })
    this.#name = `${key}=`
    this.#signatureName = `${key}.sig=`
    this.#value = new CookieTemplate(key, attributes)
    this.#signature = new CookieTemplate(`${key}.sig`, attributes)
    this.#dropped = new CookieTemplate(`${key}.sig`, DEFAULTS)
    this.#keys = keys == null || keys.length === 0 ? undefined : keys.map((secret) => createSecretKey(Buffer.from(secret)))
  }

  open (memory, header, now) {
    const value = this.read(memory, header)
    return value === null ? null : writeOpened(numbersIn(memory), value, now)
  }

  read (memory, header) {
    const [value, repair] = this.#find(header)
    const numbers = numbersIn(memory)
    numbers[PLACE.REPAIR] = repair
    numbers[PLACE.IS_ID] = Number(Boolean(value) && isAcceptableId(value))
    return value || null
  }

  sign (text) {
    return this.#keys === undefined ? null : signatureOf(this.#keys[0], text)
  }

  isSent (header) {
    return findAll(header, this.#name, 1).length > 0
  }

  reissued () {
    return this.#reissued
  }

  writeSignature (signature, expires, isSecure) {
    return this.#signature.write(signature, expiresUntil(expires), isSecure)
  }

  dropSignature (isSecure) {
    return this.#dropped.write('', expiresUntil(0), isSecure)
  }

  close (json, now, maxAge, expires, isSecure) {
    return this.#lines(encode(append(json, now, maxAge)), expires, isSecure)
  }

  write (value, expires, isSecure) {
    return isValue(value) ? this.#lines(value, value === '' ? 0 : expires, isSecure) : null
  }

  #lines (value, expires, isSecure) {
    const attribute = expiresUntil(expires)
    const line = this.#value.write(value, attribute, isSecure)
    if (this.#keys === undefined) return line
    return `${line}\n${this.#signature.write(this.sign(this.#name + value), attribute, isSecure)}`
  }

  /** Finds the cookie that verifies, and decides whether its signature has to be renewed or dropped. */
  #find (header) {
    this.#reissued = null
    const values = findAll(header, this.#name, MAX_DUPLICATES)
    if (this.#keys === undefined) return [values[0], REPAIR.NONE]
    if (values.length === 0) return [undefined, REPAIR.NONE]
    const signatures = findAll(header, this.#signatureName, MAX_DUPLICATES, isFilled)
    if (signatures.length === 0) return [undefined, REPAIR.NONE]
    for (const value of values) {
      const [first, ...older] = this.#keys
      const text = this.#name + value
      const expected = signatureOf(first, text)
      if (isAmong(signatures, expected)) return [value, REPAIR.NONE]
      if (older.some((key) => isAmong(signatures, signatureOf(key, text)))) {
        this.#reissued = expected
        return [value, REPAIR.REISSUE]
      }
    }
    return [undefined, REPAIR.CLEAR]
  }
}

function signatureOf (key, text) {
  return createHmac('sha1', key).update(text).digest('base64url')
}

const isAmong = (signatures, expected) => signatures.some((signature) => isSame(expected, signature))

/** Compares two texts in constant time. */
function isSame (expected, signature) {
  if (signature.length !== expected.length) return false
  let differing = 0
  for (let i = 0; i < expected.length; i++) differing |= expected.charCodeAt(i) ^ signature.charCodeAt(i)
  return differing === 0
}

const isFilled = (value) => value !== ''

/** Finds cookies by their name and equals sign, in the order of the header, up to a number. */
function findAll (header, name, max, isTaken) {
  const values = []
  for (let at = header.indexOf(name); at !== -1 && values.length < max; at = header.indexOf(name, at)) {
    const from = at + name.length
    if (beginsPair(header, at)) {
      const end = header.indexOf(';', from)
      const value = unquote(header.slice(from, end === -1 ? undefined : end))
      if (isTaken === undefined || isTaken(value)) values.push(value)
    }
    at = from
  }
  return values
}

/** Returns whether only spaces are between a position and the semicolon, or the start of the header, before it. */
function beginsPair (header, at) {
  if (header[at] === ' ') return false
  let before = at - 1
  while (before >= 0 && header[before] === ' ') before--
  return before < 0 || header[before] === ';'
}

const unquote = (value) => value[0] === '"' ? value.slice(1, -1) : value

const sessionCookie = (attributes, keys) => new SessionCookie(attributes, keys)

module.exports = { sessionCookie }
