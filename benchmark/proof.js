'use strict'

/**
 * Ensures that only working subjects are measured: before each measurement, the subject has to prove that it reads the whole
 * session, writes a change, signs its cookie, and refuses a forged one.
 */

const assert = require('node:assert/strict')
const Keygrip = require('keygrip')
const { createApp, KEYS, SAME_LENGTH } = require('./app')
const { cookiesFrom, visitor } = require('./exchange')
const { payload, nextCount, COUNTS, FIRST_KEY } = require('./payload')
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
  if (stage.scene.action === 'modify') await proveModified(stage)
}

async function proveUntouched (stage) {
  const res = await stage.visit()
  assert.equal(res.statusCode, 200)
  assert.equal(res.body, SAME_LENGTH)
  assert.equal(res.getHeader('set-cookie'), undefined)
}

async function proveRead (stage) {
  const res = await stage.visitor('/read')()
  assert.equal(res.statusCode, 200)
  assert.equal(res.body, payload(stage.scene.bytes)[FIRST_KEY])
  const session = await shown(stage)
  // With a store, earlier requests may have modified the session any number of times.
  assert.ok(COUNTS.includes(session.n))
  assertHolds(session, { ...payload(stage.scene.bytes), n: session.n })
}

async function proveForgeryRefused (stage) {
  const mark = `${stage.subject.key}.sig=`
  const at = stage.cookie.indexOf(mark) + mark.length
  assert.ok(at > mark.length, 'the cookie has a signature')
  const forged = stage.cookie.slice(0, at) + (stage.cookie[at] === 'A' ? 'B' : 'A') + stage.cookie.slice(at + 1)
  const res = await stage.visitor('/read', forged)()
  assert.equal(res.body, 'none')
}

async function proveModified (stage) {
  const { subject: { key, signed }, scene } = stage
  const before = await shown(stage)
  const res = await stage.visit()
  assert.equal(res.body, payload(scene.bytes)[FIRST_KEY])
  const cookie = cookiesFrom(res.getHeader('set-cookie'))
  if (signed) assertSigned(cookie, key, scene.keys)
  const after = await shown(stage, cookie)
  const expected = { ...payload(scene.bytes), n: nextCount(before.n) }
  assertHolds(after, expected)
  if (scene.mode === 'cookie') await proveReadElsewhere(cookie, expected, scene)
}

/** In cookie mode, all subjects use koa-session's format, so koa-session must be able to read the cookie. */
async function proveReadElsewhere (cookie, expected, { keys }) {
  const reference = createApp(subject('koa-session'), 'cookie', keys).callback()
  const res = await visitor(reference, '/show', cookie)()
  assertHolds(JSON.parse(res.body), expected)
}

async function shown (stage, cookie = stage.cookie) {
  const res = await stage.visitor('/show', cookie)()
  return JSON.parse(res.body)
}

/** Some subjects keep their own fields beside the user's data. */
function assertHolds (session, expected) {
  const held = Object.fromEntries(Object.keys(expected).map((name) => [name, session[name]]))
  assert.deepEqual(held, expected)
}

function assertSigned (cookie, key, keys = KEYS) {
  const [, value] = cookie.match(`(?:^|; )${key}=([^;]*)`)
  const [, signature] = cookie.match(`(?:^|; )${key}.sig=([^;]*)`)
  assert.equal(new Keygrip(keys).index(`${key}=${value}`, signature), 0)
}

module.exports = { prove }
