'use strict'

const path = require('node:path')
const anatomy = require('./anatomy')

const directory = path.dirname(require.resolve('koa-session'))
const files = ['index', 'context', 'session', 'util']
const made = new Map()
const numbers = new Map()

/** Loads another copy of koa-session, whose classes can be changed without affecting the original. */
function loadCopy () {
  const paths = files.map(file => path.join(directory, `${file}.js`))
  const kept = paths.map(file => require.cache[file])
  for (const file of paths) delete require.cache[file]
  try {
    return Object.fromEntries(files.map((file, index) => [file, require(paths[index])]))
  } finally {
    for (const [index, file] of paths.entries()) {
      delete require.cache[file]
      if (kept[index]) require.cache[file] = kept[index]
    }
  }
}

/**
 * Returns a copy of koa-session 7.0.2 with corrections of some faults.
 *
 * @param {object[]} mends each may have `context(ContextSession)` and `session(Session)`, which return a subclass (also named Session,
 *   since messages of V8 contain the name), and `hash(hash)` and `middleware(middleware)`, which wrap a function
 */
function mended (mends) {
  for (const mend of mends) if (!numbers.has(mend)) numbers.set(mend, numbers.size)
  const name = mends.map(mend => numbers.get(mend)).join()
  if (!made.has(name)) made.set(name, mendCopy(mends))
  return made.get(name)
}

function mendCopy (mends) {
  const copy = loadCopy()
  const apply = (part, given) => mends.reduce((mended, mend) => mend[part] ? mend[part](mended) : mended, given)
  copy.context.ContextSession = apply('context', anatomy(copy.context.ContextSession, copy.util.default))
  copy.session.Session = apply('session', copy.session.Session)
  copy.util.default.hash = apply('hash', copy.util.default.hash)
  return (...args) => apply('middleware', copy.index.default(...args))
}

module.exports = mended
