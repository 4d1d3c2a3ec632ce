'use strict'

// The golden files, which tests/vectors.rs reads too. These tests show that the npm packages still give the results in the files,
// and that the addon gives the same results as the core.

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')
const binding = require('../lib/native/binding')
const { SHAPE, openValue, readCookie } = require('../lib/native/opened')
const { MemoryStore } = require('../stores/memory')
const make = require('./fixtures/make')

const read = (name) => JSON.parse(readFileSync(join(__dirname, 'fixtures', `${name}.json`), 'utf8'))
const plain = { key: 'koa.sess', path: '/', domain: '', priority: '', sameSite: '', httpOnly: true, partitioned: false }
const cookie = (attributes, keys) => binding.sessionCookie({ ...plain, ...attributes }, keys)

for (const name of Object.keys(make)) {
  test(`${name}.json has the results of the packages`, () => {
    assert.deepEqual(read(name), JSON.parse(JSON.stringify(make[name]())))
  })
}

test('the addon finds cookies as the package does', () => {
  for (const { header, name, value } of read('headers')) {
    assert.equal(readCookie(cookie({ key: name }), header).value, value || undefined, `${name} in ${header}`)
  }
})

test('the addon writes lines as the package does', () => {
  for (const { attributes, expires, line } of read('lines')) {
    const { secure = false, ...rest } = attributes
    const write = () => cookie(rest).write('value', expires ?? undefined, secure)
    if (line === null) assert.throws(write, { code: 'ERR_SESSION_OPTION' })
    else assert.equal(write(), line)
  }
})

test('the addon signs as the package does', () => {
  for (const { keys, text, signatures } of read('signatures')) {
    for (const [i, key] of keys.entries()) {
      assert.equal(cookie({}, [key]).sign(text), signatures[i])
      assert.equal(cookie({}, [Buffer.from(key)]).sign(text), signatures[i])
    }
  }
})

test('the addon encodes and decodes as Buffer does', () => {
  for (const { text, value } of read('encodings')) assert.equal(binding.encode(text), value)
  for (const { value, text } of read('decodings')) assert.equal(binding.decode(value), text, value)
})

test('the addon reads envelopes', () => {
  const { written, foreign } = read('envelopes')
  const encode = (text) => Buffer.from(text).toString('base64')
  for (const { text, user, lifetime } of written) {
    const opened = openValue(encode(text), 0)
    assert.equal(opened.text, user)
    const timed = lifetime._session === undefined
    assert.equal(opened.shape, timed ? SHAPE.TIMED : SHAPE.BROWSER)
    if (timed) {
      assert.equal(opened.expire, lifetime._expire)
      assert.equal(opened.maxAge, lifetime._maxAge)
    }
  }
  for (const { text } of foreign) {
    const opened = openValue(encode(text), 0)
    assert.equal(opened.text, text)
    assert.equal(opened.shape, SHAPE.FOREIGN)
  }
})

test('the addon finds changes, and merges them', () => {
  const { differences, merges } = read('records')
  for (const { before, after, set, delete: gone } of differences) {
    assert.deepEqual(binding.difference(before, after), set || gone ? [set, gone] : null)
  }
  const store = new MemoryStore()
  for (const [i, { data, steps }] of merges.entries()) {
    const id = `id${i}`
    store.create(id, { data, maxAge: 'session' }, 60000)
    for (const step of steps) {
      const changes = { base: 1, set: step.set, delete: JSON.parse(step.delete || '[]') }
      const merged = { rev: step.rev, conflicts: JSON.parse(step.conflicts ?? '[]'), maxAge: 'session' }
      assert.deepEqual(store.merge(id, changes, 60000), merged)
      assert.equal(store.load(id).data, step.data)
    }
  }
})
