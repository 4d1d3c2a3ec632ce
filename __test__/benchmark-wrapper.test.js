'use strict'

// The binding over node:crypto, which the benchmark compares with the addon, must have the same results as the addon.

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test, before, after } = require('node:test')
const node = require('../benchmark/node-binding')
const wrapper = require('../benchmark/wrapper')
const addon = require('../lib/native/binding')
const { koa3 } = require('./differential/implementations')
const { compare, report } = require('./differential/compare')
const generate = require('./differential/generator')
const Stage = require('./differential/stage')

const SCRIPTS = 200
const DAY_MS = 86400000

const fixture = (name) => JSON.parse(readFileSync(join(__dirname, 'fixtures', `${name}.json`), 'utf8'))
const plain = { key: 'koa.sess', path: '/', domain: '', priority: '', sameSite: '', httpOnly: true, partitioned: false }

/** Returns the result of a binding's call with its numbers, or the code of its error. */
function answer (binding, ask) {
  const registers = new Float64Array(5)
  try {
    return { result: ask(binding, registers.buffer) ?? null, registers: [...registers] }
  } catch ({ code }) {
    return { code }
  }
}

function assertSame (ask, message) {
  assert.deepEqual(answer(node, ask), answer(addon, ask), message)
}

const cookie = (binding, attributes, keys) => binding.sessionCookie({ ...plain, ...attributes }, keys)

test('it has all functions of the addon, and its own version of those that a request calls', () => {
  assert.deepEqual(Object.keys(node).sort(), Object.keys(addon).sort())
  const shared = Object.keys(addon).filter((name) => node[name] === addon[name])
  assert.deepEqual(shared.sort(), ['expressCookie', 'memoryStore', 'protectedCookie', 'randomId', 'version'])
  const its = cookie(node)
  for (const name of Object.keys(cookie(addon))) assert.equal(typeof its[name], 'function', name)
})

test('it finds cookies, and repairs signatures', () => {
  for (const { header, name } of fixture('headers')) {
    for (const keys of [undefined, ['a', 'b']]) {
      assertSame((binding, memory) => cookie(binding, { key: name }, keys).read(memory, header), header)
      assertSame((binding) => cookie(binding, { key: name }, keys).isSent(header), header)
    }
  }
  const signed = (key) => cookie(addon, {}, [key]).sign('koa.sess=value')
  const [older, forged] = [signed('b'), signed('a').replace(/^./, '!')]
  const headers = [`koa.sess=value; koa.sess.sig=${signed('a')}`, `koa.sess=value; koa.sess.sig=${older}`,
    `koa.sess=value; koa.sess.sig=${forged}`, `koa.sess=; koa.sess.sig=${older}`, 'koa.sess=value; koa.sess.sig=',
    `koa.sess=x; koa.sess=value;koa.sess.sig=;  koa.sess.sig=${forged};koa.sess.sig=${older}`,
    `x=koa.sess=value; koa.sess.sig=${older}`, 'koa.sess=value', '']
  for (const header of headers) {
    const made = (ask) => assertSame((binding, memory) => ask(cookie(binding, {}, ['a', 'b']), memory), `${header}: ${ask}`)
    made((one, memory) => [one.read(memory, header), one.reissued()])
    made((one, memory) => [one.open(memory, header, DAY_MS), one.reissued()])
    made((one) => one.isSent(header))
  }
})

test('it writes lines', () => {
  for (const { attributes: { secure = false, ...attributes }, expires } of fixture('lines')) {
    for (const keys of [undefined, ['a']]) {
      const made = (ask) => assertSame((binding) => ask(cookie(binding, attributes, keys)), attributes)
      made((one) => one.write('value', expires ?? undefined, secure))
      made((one) => one.write('', undefined, secure))
      made((one) => one.close('{"a":"é"}', 1, DAY_MS, expires ?? undefined, secure))
      made((one) => one.writeSignature('signature', expires ?? undefined, secure))
      made((one) => one.dropSignature(secure))
    }
    assertSame((binding) => binding.invalidAttribute({ ...plain, ...attributes }), attributes)
  }
  for (const value of ['a;b', 'a\nb', 'é', '\u0141', ' ', '\t', '\x7f', '"']) {
    assertSame((binding) => cookie(binding, {}, ['a']).write(value, -0.5, false), value)
  }
})

test('it signs', () => {
  for (const { keys, text } of fixture('signatures')) {
    for (const key of [...keys, ...keys.map((text) => Buffer.from(text))]) {
      assertSame((binding) => cookie(binding, {}, [key]).sign(text))
    }
  }
})

test('it encodes, decodes, opens and closes', () => {
  for (const { text } of fixture('encodings')) assertSame((binding) => binding.encode(text), text)
  for (const { value } of fixture('decodings')) assertSame((binding) => binding.decode(value), value)
  const { written, foreign } = fixture('envelopes')
  for (const { text } of [...written, ...foreign]) {
    for (const now of [0, Date.now(), 1e15]) {
      assertSame((binding, memory) => binding.open(memory, Buffer.from(text).toString('base64'), now), text)
    }
  }
  for (const { user } of written) {
    for (const maxAge of [undefined, DAY_MS]) assertSame((binding) => binding.close(user, 1, maxAge), user)
  }
})

test('it finds differences and validates', () => {
  for (const { before, after } of fixture('records').differences) assertSame((binding) => binding.difference(before, after))
  const texts = ['{}', '{"a":1e3}', '{"a":"1e3"}', '{"7":1}', '{"":1}', '{"a":"7"}', '{"a":["7"]}', '{"a":1234567890123456}', '{"a":"\\u001f"}',
    '{"a":"\\\\u"}', '{"a":-1.5,"b":"\\n"}', ...fixture('records').merges.map(({ data }) => data)]
  for (const text of texts) assertSame((binding) => binding.isCanonical(text), text)
  for (const kind of [0, 1, 2]) {
    for (const expire of [undefined, 0, 1, 2]) assertSame((binding) => binding.judge(kind, expire, 1))
  }
  for (const verdict of [0, 1, 2, 3]) {
    assertSame((binding) => {
      let event
      binding.report((...args) => { event = args }, verdict, 1, 'key', 'value')
      return event
    })
  }
})

test('it makes, refuses and hashes ids', () => {
  for (const id of ['', 'a', 'a..b', '..', 'a/../b', '..\\a', 'a\0', 'a\x7f', 'é'.repeat(2048), 'é'.repeat(2049), 'a'.repeat(4097)]) {
    assertSame((binding) => binding.isAcceptableId(id), id.slice(0, 10))
    assertSame((binding) => binding.hashId(id), id.slice(0, 10))
  }
  assert.match(node.newId('app:'), /^app:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  assert.match(addon.newId('app:'), /^app:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

let stage
before(async () => { stage = await new Stage().open() })
after(() => stage.close())

test('random scripts give the same records with the wrapper as with this package', async (t) => {
  const [its, addons] = [node, addon].map((binding) => t.mock.method(binding, 'sessionCookie'))
  for (let seed = 0; seed < SCRIPTS; seed++) {
    const script = generate(seed)
    const kinds = { upstream: { Koa: koa3, mended: true }, ours: { session: wrapper, Koa: koa3 } }
    const result = await compare(script, kinds, stage)
    if (result.difference) assert.fail(report(script, result))
  }
  assert.notEqual(its.mock.callCount(), 0)
  assert.equal(addons.mock.callCount(), 0)
})
