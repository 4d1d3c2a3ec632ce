'use strict'

const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { name: PACKAGE, version } = require('../package.json')

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
  try { return fitting(createRequire(__filename)(`../${name}.${platform}.node`)) } catch (error) { errors.push(error) }
}

// On Linux both are tried, glibc's first: the wrong one does not link, and asking for the libc beforehand takes longer.
function candidates () {
  const { platform, arch } = process
  const eabi = arch === 'arm' ? 'eabihf' : ''
  const abis = { linux: [`-gnu${eabi}`, `-musl${eabi}`], win32: ['-msvc'] }[platform] ?? ['']
  return abis.map((abi) => `${platform}-${arch}${abi}`)
}

// Names the libc of the running process, if the system tells.
function libc () {
  try {
    const maps = readFileSync('/proc/self/maps', 'latin1')
    if (maps.includes('/ld-musl-')) return 'musl'
    if (/\/libc[.-][\w.]*so/.test(maps)) return 'gnu'
  } catch {}
}

// A path on the error means that the package is there and its binary is not.
const isAbsent = (error) => error?.code === 'MODULE_NOT_FOUND' && error.path === undefined

const firstLine = (error) => String(error?.message ?? error).split('\n', 1)[0]

// Says what to do. The table has the platforms' packages; there is none where the addon's own package is absent.
function advice (name, host, wanted, broken, table) {
  const names = name === PACKAGE ? name : `${PACKAGE} and ${name}`
  const elsewhere = [
    `In a bundle: the binary cannot be part of it. Mark ${names} as external and install beside the bundle.`,
    'In a checkout: `npm run prepare` builds it, with Rust 1.89 or newer.'
  ]
  if (broken === undefined && table === undefined) {
    return [`It is a package of its own, which is not installed: npm install ${name}@${version}`, ...elsewhere]
  }
  if (broken === undefined && !wanted.some((platform) => Object.hasOwn(table, platform))) {
    return [
      `There is no prebuilt binary for ${host}.`,
      'Build it there: in a checkout, `npm install` does so with Rust 1.89 or newer.'
    ]
  }
  return [
    broken === undefined
      ? `The package ${wanted.map((platform) => `${name}-${platform}`).join(' or ')} was not found.`
      : `The binary could not be used: ${firstLine(broken)}`,
    'Installed from npm: it is an optional dependency. Install without --omit=optional; if the lockfile was made on another',
    'platform, delete node_modules and package-lock.json and install again.',
    ...elsewhere
  ]
}

// The attempts are the errors of each name that was tried.
function failure (name, attempts, table) {
  const { platform, arch } = process
  const clib = platform === 'linux' ? libc() : undefined
  const host = [platform, arch, clib].filter(Boolean).join('-')
  // The other libc's binary was only a try: what became of it would mislead.
  const wanted = attempts.has(host) ? [host] : [...attempts.keys()]
  const reasons = wanted.flatMap((platform) => attempts.get(platform))
  // An absent file says little: what was there and could not be used is the reason.
  const broken = reasons.find((error) => !isAbsent(error))
  const lines = [`${name} cannot load its native addon on ${host}.`, ...advice(name, host, wanted, broken, table)]
  const error = new Error(lines.join('\n  '), { cause: broken ?? reasons.at(-1) })
  Object.assign(error, { code: 'ERR_SESSION_BINDING', package: name, platform, arch })
  if (clib !== undefined) error.libc = clib
  // Not enumerable: an uncaught error prints its fields, and these would bury the message.
  return Object.defineProperty(error, 'causes', { value: [...attempts.values()].flat() })
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
  throw failure(name, attempts, tableOf())
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
