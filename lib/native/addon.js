'use strict'

const { createRequire } = require('node:module')
const { version } = require('../../package.json')

// Returns the addon if it is one, and of this package's version: bundlers may put an empty object or a path in its place.
function fitting (addon) {
  const found = typeof addon?.version === 'function' ? addon.version() : undefined
  if (found === version) return addon
  const error = new Error(found === undefined
    ? 'what was loaded is not the addon: a bundler put something else in its place'
    : `the binary is of version ${found}, the package of version ${version}`)
  throw Object.assign(error, { expected: version, found })
}

/** Loads what a checkout built beside package.json. */
function builtIn (name, platform, errors) {
  try { return fitting(createRequire(__filename)(`../../${name}.${platform}.node`)) } catch (error) { errors.push(error) }
}

// On Linux both are tried, glibc's first: the wrong one does not link, and asking for the libc beforehand takes longer.
function candidates () {
  const { platform, arch } = process
  const eabi = arch === 'arm' ? 'eabihf' : ''
  const abis = { linux: [`-gnu${eabi}`, `-musl${eabi}`], win32: ['-msvc'] }[platform] ?? ['']
  return abis.map((abi) => `${platform}-${arch}${abi}`)
}

/**
 * Loads an addon for this platform.
 *
 * @param {string} name its package's, which the names of the platforms' packages begin with
 * @param {(platform: string, errors: Error[]) => object|undefined} loadOn tries all places; an error for each that failed
 * @param {() => object|undefined} tableOf the platforms that have a package, once all was tried
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
  // Only where it fails.
  throw require('./addon-failure').failure(name, attempts, tableOf())
}

/**
 * Loads an addon that is a package of its own, which has a function for each platform (scripts/addon-package.js).
 *
 * @param {string} name the package's
 * @param {(errors: Error[]) => object|undefined} packaged requires it
 */
function loadPackaged (name, packaged) {
  let table
  return loadAddon(name, (platform, errors) => {
    const built = builtIn(name, platform, errors)
    if (built !== undefined) return built
    table = packaged(errors)
    if (table === undefined || !Object.hasOwn(table, platform)) return undefined
    const addon = table[platform](errors)
    try { return addon && fitting(addon) } catch (error) { errors.push(error) }
  }, () => table)
}

module.exports = { builtIn, fitting, loadAddon, loadPackaged }
