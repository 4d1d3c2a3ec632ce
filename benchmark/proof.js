'use strict'

/**
 * Ensures that only working subjects are measured: before each measurement, the subject has to prove that it reads the whole
 * session, writes a change, signs its cookie, and refuses a forged one.
 */

const assert = require('node:assert/strict')
const { isDeepStrictEqual } = require('node:util')
const Keygrip = require('keygrip')
const { createApp, KEYS } = require('./app')
const { cookiesFrom, visitor } = require('./exchange')
const { shape } = require('./shapes')
const { subject } = require('./subjects')

/**
 * Throws if a stage's answers are not those that its case requires.
 *
 * @param {Stage} stage
 */
async function prove (stage) {
  if (stage.scene.action === 'untouched') return proveUntouched(stage)
  await proveRead(stage)
  if (stage.subject.signed) await proveForgeryRefused(stage)
  if (stage.subject.sealed) await proveSealed(stage)
  if (stage.scene.action === 'modify') await proveModified(stage)
}

async function proveUntouched (stage) {
  const res = await stage.visit()
  assert.equal(res.statusCode, 200)
  assert.equal(res.body, shape(stage.scene.shape).sameLength)
  assert.equal(res.getHeader('set-cookie'), undefined)
}

async function proveRead (stage) {
  const wanted = shape(stage.scene.shape)
  const res = await stage.visitor('read')()
  assert.equal(res.statusCode, 200)
  const session = await shown(stage)
  assert.equal(res.body, wanted.read(session))
  // With a store, earlier requests may have modified the session any number of times.
  assertHolds(session, isSame(session, wanted.changed()) ? wanted.changed() : wanted.data())
}

async function proveForgeryRefused (stage) {
  const mark = `${stage.subject.key}.sig=`
  const at = stage.cookie.indexOf(mark) + mark.length
  assert.ok(at > mark.length, 'the cookie has a signature')
  const forged = stage.cookie.slice(0, at) + (stage.cookie[at] === 'A' ? 'B' : 'A') + stage.cookie.slice(at + 1)
  const res = await stage.visitor('read', forged)()
  assert.equal(res.body, 'none')
}

/** Throws unless the cookie hides the session, and is refused if it is altered; iron-session answers 500 to some altered cookies. */
async function proveSealed (stage) {
  const [, value] = stage.cookie.match(`(?:^|; )${stage.subject.key}=([^;]*)`)
  assert.ok(!Buffer.from(value, 'base64').includes('{"') && !stage.cookie.includes('.sig='))
  for (const at of [5, value.length >> 1, value.length - 5]) {
    const forged = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
    const res = await stage.visitor('read', `${stage.subject.key}=${forged}`)()
    assert.ok(res.body === 'none' || res.statusCode === 500)
  }
}

async function proveModified (stage) {
  const { subject: { key, signed, sealed }, scene } = stage
  const wanted = shape(scene.shape)
  const expected = isSame(await shown(stage), wanted.changed()) ? wanted.data() : wanted.changed()
  const res = await stage.visit()
  assert.equal(res.body, wanted.read(expected))
  const cookie = cookiesFrom(res.getHeader('set-cookie'))
  if (signed) assertSigned(cookie, key, scene.keys)
  assertHolds(await shown(stage, cookie), expected)
  if (scene.mode === 'cookie' && !sealed) await proveReadElsewhere(cookie, expected, scene)
}

/** In cookie mode, all subjects that sign use koa-session's format, so koa-session must be able to read the cookie. */
async function proveReadElsewhere (cookie, expected, { keys, shape }) {
  const reference = createApp(subject('koa-session'), 'cookie', keys).callback()
  const res = await visitor(reference, `/show/${shape}`, cookie)()
  assertHolds(JSON.parse(res.body), expected)
}

async function shown (stage, cookie = stage.cookie) {
  const res = await stage.visitor('show', cookie)()
  return JSON.parse(res.body)
}

function assertHolds (session, expected) {
  assert.deepEqual(heldOf(session, expected), expected)
}

function isSame (session, expected) {
  return isDeepStrictEqual(heldOf(session, expected), expected)
}

/** Returns a session without the fields that some subjects keep beside the user's data. */
function heldOf (session, expected) {
  return Object.fromEntries(Object.keys(expected).map((name) => [name, session[name]]))
}

function assertSigned (cookie, key, keys = KEYS) {
  const [, value] = cookie.match(`(?:^|; )${key}=([^;]*)`)
  const [, signature] = cookie.match(`(?:^|; )${key}.sig=([^;]*)`)
  assert.equal(new Keygrip(keys).index(`${key}=${value}`, signature), 0)
}

module.exports = { prove }
