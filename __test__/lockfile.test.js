'use strict'

/**
 * package-lock.json has to list the dependencies of each package on every platform. npm omits the optional packages of other
 * platforms if it writes the lockfile beside an existing node_modules; then `npm ci` fails on these platforms.
 */

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')

const manifest = require('../package.json')
const { packages } = require('../package-lock.json')

/** Returns whether a package finds another one in its own node_modules or an outer one, like Node. */
function finds (from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const prefix = folder === '' ? '' : `${folder}/`
    if (Object.hasOwn(packages, `${prefix}node_modules/${name}`)) return true
    if (folder === '') return false
  }
}

describe('package-lock.json', () => {
  test('matches package.json', () => {
    assert.deepEqual(packages[''].dependencies, manifest.dependencies)
    assert.deepEqual(packages[''].devDependencies, manifest.devDependencies)
    assert.deepEqual([packages[''].name, packages[''].version], [manifest.name, manifest.version])
  })

  test('is the same to npm 10 and npm 11', () => {
    // npm 11 writes `libc`, and npm 10 removes it with each install. Remove it by hand: an install does not add it again.
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
