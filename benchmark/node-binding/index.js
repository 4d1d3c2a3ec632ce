'use strict'

/**
 * The binding over node:crypto and Buffer: it has the functions of the addon that `lib/` calls for a request, with the same results,
 * as fast as JavaScript can be. It is the column `wrapper`, which shows what the core saves, and is not published.
 *
 * What no case of the benchmark uses (the memory store) is the addon's own.
 */

const { createHash, randomUUID } = require('node:crypto')
const addon = require('../../lib/native/binding')
const { isCanonical } = require('./canonical')
const { CookieTemplate } = require('./cookie-template')
const { difference } = require('./difference')
const { VERDICT, append, decode, encode, writeOpened } = require('./envelope')
const { isAcceptableId } = require('./id')
const { numbersIn } = require('./numbers')
const { sessionCookie } = require('./session-cookie')

const EVENTS = [undefined, 'session:missed', 'session:invalid', 'session:expired']

/** The kinds of data: none, an object, any other value. */
const [ABSENT, OBJECT] = [0, 1]

function open (memory, value, now) {
  return writeOpened(numbersIn(memory), value, now)
}

function close (json, now, maxAge) {
  return encode(append(json, now, maxAge))
}

function judge (data, expire, now) {
  if (data === ABSENT) return VERDICT.MISSED
  if (data !== OBJECT) return VERDICT.INVALID
  return expire < now ? VERDICT.EXPIRED : VERDICT.VALID
}

function report (emit, verdict, ctx, key, value) {
  const name = EVENTS[verdict]
  if (name !== undefined) emit(ctx, name, { key, value, ctx })
}

function newId (prefix) {
  return prefix + randomUUID()
}

function hashId (id) {
  return createHash('sha256').update(id).digest('base64url')
}

function invalidAttribute (attributes) {
  return CookieTemplate.invalidAttribute(attributes.key, attributes)
}

module.exports = {
  ...addon,
  sessionCookie,
  open,
  close,
  encode,
  decode,
  judge,
  report,
  isCanonical,
  difference,
  newId,
  hashId,
  isAcceptableId,
  invalidAttribute
}
