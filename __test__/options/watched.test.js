'use strict'

// Options are compared with those of the last request. One that is read, but not compared, would keep its first value.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const { Settings } = require('../../lib/options/options')
const { optionNames } = require('../harness/option-names')

/** Returns the options that a session reads from the app's object at first use. */
function watchedNames () {
  const read = new Set()
  const options = new Proxy({}, {
    get (target, name) {
      read.add(name)
      return target[name]
    }
  })
  const settings = new Settings(options)
  read.clear()
  assert.equal(typeof settings.current.key, 'string')
  return [...read]
}

const watched = watchedNames()

describe('a change of the options after the start', () => {
  test('is detected for each option of index.d.ts', () => {
    assert.deepEqual(watched.sort(), optionNames().sort())
  })

  test('applies to the next request: keys, which no copy of the options has', () => {
    const options = {}
    const settings = new Settings(options)
    assert.deepEqual([settings.keys, settings.isProtected], [undefined, false])
    options.keys = ['a', 'b']
    assert.equal(settings.keys, options.keys)
    assert.ok(!('keys' in settings.current) && !('keys' in settings.copy()) && settings.isProtected)
  })

  for (const name of watched.filter((name) => name !== 'keys')) {
    test(`applies to the next request: ${name}`, () => {
      const options = {}
      const settings = new Settings(options)
      const before = settings.current
      assert.equal(settings.current, before)
      for (const value of [() => 'a', () => 'b']) {
        options[name] = value
        assert.equal(settings.current[name], value)
      }
      delete options[name]
      assert.deepEqual(settings.current, before)
    })
  }
})
