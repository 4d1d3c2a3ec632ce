'use strict'

const { readFileSync } = require('node:fs')
const { name: PACKAGE, version } = require('../../package.json')

// Returns the libc of the running process, if /proc shows it.
function libc () {
  try {
    const maps = readFileSync('/proc/self/maps', 'latin1')
    if (maps.includes('/ld-musl-')) return 'musl'
    if (/\/libc[.-][\w.]*so/.test(maps)) return 'gnu'
  } catch {}
}

// With a path on the error, the package is installed and its binary is missing.
const isMissing = (error) => error?.code === 'MODULE_NOT_FOUND' && error.path === undefined

const firstLine = (error) => String(error?.message ?? error).split('\n', 1)[0]

// Returns lines that say what to do. `table` has the platforms with a package; it is undefined if the addon's own package is missing.
function advice (name, host, wanted, broken, table) {
  const names = name === PACKAGE ? name : `${PACKAGE} and ${name}`
  const elsewhere = [
    `In a bundle: mark ${names} as external, and install what is external beside the bundle, or have the .node files copied.`,
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

/**
 * Makes the error of an addon that cannot be loaded.
 *
 * @param {string} name of the package
 * @param {Map<string, Error[]>} attempts the errors for each platform that was tried
 * @param {object} [table] the platforms that have a package
 */
function failure (name, attempts, table) {
  const { platform, arch } = process
  const clib = platform === 'linux' ? libc() : undefined
  const host = [platform, arch, clib].filter(Boolean).join('-')
  // The error of the other libc's binary would mislead.
  const wanted = attempts.has(host) ? [host] : [...attempts.keys()]
  const reasons = wanted.flatMap((platform) => attempts.get(platform))
  // A binary that exists and fails to load is a likelier reason than a missing one.
  const broken = reasons.find((error) => !isMissing(error))
  const lines = [`${name} cannot load its native addon on ${host}.`, ...advice(name, host, wanted, broken, table)]
  const error = new Error(lines.join('\n  '), { cause: broken ?? reasons.at(-1) })
  Object.assign(error, { code: 'ERR_SESSION_BINDING', package: name, platform, arch })
  if (clib !== undefined) error.libc = clib
  // Not enumerable, since Node prints the fields of an uncaught error, and these would hide the message.
  return Object.defineProperty(error, 'causes', { value: [...attempts.values()].flat() })
}

module.exports = { failure, libc }
