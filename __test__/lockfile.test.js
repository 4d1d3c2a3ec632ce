'use strict'

/**
 * package-lock.json lists what each package depends on, on every platform. npm leaves out the optional packages of other
 * platforms where it writes the lockfile beside a node_modules that was made without it; `npm ci` fails on that elsewhere.
 */

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const manifest = require('../package.json')
const { packages } = require('../package-lock.json')

/** Tells whether a package finds another one in its own node_modules, or in one above, as Node looks for it. */
function finds (from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const prefix = folder === '' ? '' : `${folder}/`
    if (Object.hasOwn(packages, `${prefix}node_modules/${name}`)) return true
    if (folder === '') return false
  }
}

describe('package-lock.json', () => {
  test('is that of package.json', () => {
    assert.deepEqual(packages[''].devDependencies, manifest.devDependencies)
    assert.deepEqual([packages[''].name, packages[''].version], [manifest.name, manifest.version])
  })

  test('is the same to npm 10 and npm 11', () => {
    // npm 11 writes `libc`, and npm 10 takes it out again with each install. Take it out by hand: an install puts none back.
    assert.deepEqual(Object.keys(packages).filter((path) => packages[path].libc !== undefined), [])
  })

  test('lists what each package depends on, for every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies, devDependencies }]) => {
      const names = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies })
      return names.filter((name) => !finds(path, name)).map((name) => `${name} of ${path}`)
    })
    assert.deepEqual(missing, [])
  })
})
