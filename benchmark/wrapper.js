'use strict'

/** This package over another binding: `lib/` in a module cache of its own, with the binding over node:crypto in its place. */

const { dirname, join, sep } = require('node:path')

const ROOT = dirname(__dirname)
const BINDING = join(ROOT, 'lib', 'native', 'binding.js')

const isOurs = (path) => path === join(ROOT, 'index.js') || path.startsWith(join(ROOT, 'lib') + sep)

/** Loads the package anew, over a binding. The modules that are loaded already stay what they are. */
function load (binding) {
  const kept = takeOut()
  try {
    require.cache[BINDING] = { id: BINDING, filename: BINDING, loaded: true, exports: binding }
    const session = require('..')
    for (const load of Object.values(require('../lib/request/on-demand').MODULES)) load()
    return session
  } finally {
    takeOut()
    for (const [path, loaded] of kept) require.cache[path] = loaded
  }
}

function takeOut () {
  const taken = Object.entries(require.cache).filter(([path]) => isOurs(path))
  for (const [path] of taken) delete require.cache[path]
  return taken
}

module.exports = load(require('./node-binding'))
