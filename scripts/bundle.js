'use strict'

// Bundles the modules that `require('koa-session-rs')` loads, in a copy of the package: to find, read and compile each as a file of its
// own takes more than twice the time. The other modules stay files, which are loaded when they are needed. A module's text stays as it
// is, but for the paths that it requires. (esbuild makes V8 parse each module twice, a fifth more time, and renames classes.)

const { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const { dirname, join, relative, sep } = require('node:path')

/** The bundle. Its folder is as deep in the package as those of its modules, so `../../` leads to the same place. */
const BUNDLE = 'lib/bundle/index.js'

/** A module that stays a file, since it has to run in versions of Node that cannot parse the bundle. */
const NODE_CHECK = 'base/node-version'

/** A call of `require` with the path of another file of the package. */
const REQUIRE = /\brequire\('(\.[^']+)'\)/g

/** Such a call at the start of a line: the file is loaded with the one that requires it. */
const EARLY_REQUIRE = /^(?:const .+ = )?require\('(\.[^']+)'\)/gm

/** The start of the bundle. A module runs when it is first required; if it throws, it runs again the next time, as in Node. */
const HEAD = `'use strict'

function define (name, run) {
  let exported
  Object.defineProperty(exports, name, { get: () => (exported ??= run({ exports: {} })) })
}
`

const slashed = (path) => path.split(sep).join('/')

/** Returns the name of a module of lib/, such as `base/errors`; undefined for other files. */
function nameOf (path) {
  return /^lib\/(.+?)(?:\.js)?$/.exec(slashed(path))?.[1]
}

/** Adds the names of the modules of lib/ that are loaded with a file. */
function addLoaded (names, folder, file) {
  for (const [, path] of readFileSync(join(folder, file), 'utf8').matchAll(EARLY_REQUIRE)) {
    const name = nameOf(join(dirname(file), path))
    if (name === undefined || names.has(name)) continue
    names.add(name)
    addLoaded(names, folder, `lib/${name}.js`)
  }
}

/** Returns a path for `require` in a file of a folder. */
function pathFrom (folder, target) {
  const path = slashed(relative(folder, target))
  return path.startsWith('.') ? path : `./${path}`
}

/** Returns the text of a file, which requires the modules of the bundle from there. */
function withBundle (folder, file, names) {
  return readFileSync(join(folder, file), 'utf8').replace(REQUIRE, (call, path) => {
    const name = nameOf(join(dirname(file), path))
    return names.has(name) ? `require('${pathFrom(dirname(file), BUNDLE)}')['${name}']` : call
  })
}

/** Returns a module of the bundle. V8 compiles a `function` in parentheses at once; others are parsed again when they are called. */
function moduleOf (folder, name, names) {
  const file = `lib/${name}.js`
  const text = readFileSync(join(folder, file), 'utf8').replace(REQUIRE, (call, path) => {
    const target = join(dirname(file), path)
    return names.has(nameOf(target)) ? `exports['${nameOf(target)}']` : `require('${pathFrom(dirname(BUNDLE), target)}')`
  })
  return `\n// ${file}\ndefine('${name}', (function (module) {\n${text}\nreturn module.exports\n}))\n`
}

/**
 * Bundles a copy of the package in place: lib/bundle/index.js replaces the files of its modules.
 *
 * @param {string} folder
 */
function bundle (folder) {
  const names = new Set()
  addLoaded(names, folder, 'index.js')
  names.delete(NODE_CHECK)
  const modules = [...names].map((name) => moduleOf(folder, name, names))
  for (const name of names) rmSync(join(folder, 'lib', `${name}.js`))
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'))) {
    writeFileSync(join(folder, file), withBundle(folder, file, names))
  }
  mkdirSync(join(folder, dirname(BUNDLE)))
  writeFileSync(join(folder, BUNDLE), [HEAD, ...modules].join(''))
}

module.exports = { bundle }
