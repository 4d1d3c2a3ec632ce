'use strict'

const { createRequire } = require('node:module')
const { version } = require('../../package.json')

// Returns the addon if it is one of this package's version. Bundlers may replace it by an empty object or a path.
function checked (addon) {
  const found = typeof addon?.version === 'function' ? addon.version() : undefined
  if (found === version) return addon
  const error = new Error(found === undefined
    ? 'what was loaded is not the addon: a bundler put something else in its place'
    : `the binary is of version ${found}, the package of version ${version}`)
  throw Object.assign(error, { expected: version, found })
}

/** Loads the addon that a checkout has built beside package.json. */
function builtIn (name, platform, errors) {
  // A bundle that is an ES module has no __filename, and is no checkout.
  if (typeof __filename === 'undefined') return undefined
  try { return checked(createRequire(__filename)(`../../${name}.${platform}.node`)) } catch (error) { errors.push(error) }
}

// Returns the names of the platforms to try. On Linux, those of glibc and musl: the wrong addon fails to link, which takes less time than
// detecting the libc.
function candidates () {
  const { platform, arch } = process
  const eabi = arch === 'arm' ? 'eabihf' : ''
  const abis = { linux: [`-gnu${eabi}`, `-musl${eabi}`], win32: ['-msvc'] }[platform] ?? ['']
  return abis.map((abi) => `${platform}-${arch}${abi}`)
}

/**
 * Loads an addon for this platform.
 *
 * @param {string} name of its package; the names of the platforms' packages begin with it
 * @param {(platform: string, errors: Error[]) => object|undefined} loadOn tries all places, and adds an error for each that failed
 * @param {() => object|undefined} tableOf returns the platforms that have a package; called after all attempts
 * @throws {Error} code ERR_SESSION_BINDING, with `package`, `platform`, `arch` and `libc`, `cause` and `causes`
 */
function loadAddon (name, loadOn, tableOf) {
  const attempts = new Map()
  for (const platform of candidates()) {
    const errors = []
    const addon = loadOn(platform, errors)
    if (addon !== undefined) return addon
    attempts.set(platform, errors)
  }
  // Required only on failure.
  throw require('./addon-failure').failure(name, attempts, tableOf())
}

/**
 * Loads an addon that has a package of its own, with a function for each platform (scripts/addon-package.js).
 *
 * @param {string} name of the package
 * @param {(errors: Error[]) => object|undefined} packaged requires the package
 */
function loadPackaged (name, packaged) {
  let table
  return loadAddon(name, (platform, errors) => {
    const built = builtIn(name, platform, errors)
    if (built !== undefined) return built
    table = packaged(errors)
    if (table === undefined || !Object.hasOwn(table, platform)) return undefined
    const addon = table[platform](errors)
    try { return addon && checked(addon) } catch (error) { errors.push(error) }
  }, () => table)
}

module.exports = { builtIn, checked, loadAddon, loadPackaged }
