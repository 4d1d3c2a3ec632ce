'use strict'

/** This package with another binding: `lib/` loaded into a separate module cache, with the binding over node:crypto. */

const { dirname, join, sep } = require('node:path')

const ROOT = dirname(__dirname)
const BINDING = join(ROOT, 'lib', 'native', 'binding.js')

const isOurs = (path) => path === join(ROOT, 'index.js') || path.startsWith(join(ROOT, 'lib') + sep)

/** Loads the package again, with a binding. Modules that are already loaded do not change. */
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
