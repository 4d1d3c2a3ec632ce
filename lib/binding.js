'use strict'

const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { version } = require('../package.json')

// Each require is a literal inside its own try: tracers find the files by it, and bundlers take a missing one for optional.
// In every pair the first is what a checkout builds beside package.json, the second the platform's package.
const LOADERS = {
  'linux-x64-gnu' (errors) {
    try { return fitting(require('../koa-session-rs.linux-x64-gnu.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-x64-gnu')) } catch (error) { errors.push(error) }
  },
  'linux-x64-musl' (errors) {
    try { return fitting(require('../koa-session-rs.linux-x64-musl.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-x64-musl')) } catch (error) { errors.push(error) }
  },
  'linux-arm64-gnu' (errors) {
    try { return fitting(require('../koa-session-rs.linux-arm64-gnu.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-arm64-gnu')) } catch (error) { errors.push(error) }
  },
  'linux-arm64-musl' (errors) {
    try { return fitting(require('../koa-session-rs.linux-arm64-musl.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-arm64-musl')) } catch (error) { errors.push(error) }
  },
  'darwin-x64' (errors) {
    try { return fitting(require('../koa-session-rs.darwin-x64.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-darwin-x64')) } catch (error) { errors.push(error) }
  },
  'darwin-arm64' (errors) {
    try { return fitting(require('../koa-session-rs.darwin-arm64.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-darwin-arm64')) } catch (error) { errors.push(error) }
  },
  'win32-x64-msvc' (errors) {
    try { return fitting(require('../koa-session-rs.win32-x64-msvc.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-win32-x64-msvc')) } catch (error) { errors.push(error) }
  }
}

// Returns the addon if it is one, and of this package's version: bundlers may put an empty object or a path in its place.
function fitting (addon) {
  const found = typeof addon?.version === 'function' ? addon.version() : undefined
  if (found === version) return addon
  const error = new Error(found === undefined
    ? 'what was loaded is not the addon: a bundler put something else in its place'
    : `the binary is of version ${found}, the package of version ${version}`)
  throw Object.assign(error, { expected: version, found })
}

// Platforms without a prebuilt binary have at most what a checkout built there.
function loadBuilt (name, errors) {
  try { return fitting(createRequire(__filename)(`../koa-session-rs.${name}.node`)) } catch (error) { errors.push(error) }
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

function advice (host, wanted, broken) {
  if (broken === undefined && !wanted.some((name) => Object.hasOwn(LOADERS, name))) {
    return [
      `There is no prebuilt binary for ${host}.`,
      'Build it there: in a checkout, `npm install` does so with Rust 1.89 or newer.'
    ]
  }
  return [
    broken === undefined
      ? `The package ${wanted.map((name) => `koa-session-rs-${name}`).join(' or ')} was not found.`
      : `The binary could not be used: ${firstLine(broken)}`,
    'Installed from npm: it is an optional dependency. Install without --omit=optional; if the lockfile was made on another',
    'platform, delete node_modules and package-lock.json and install again.',
    'In a bundle: the binary cannot be part of it. Mark koa-session-rs as external and install it beside the bundle.',
    'In a checkout: `npm run prepare` builds it, with Rust 1.89 or newer.'
  ]
}

// The attempts are the errors of each name that was tried.
function failure (attempts) {
  const { platform, arch } = process
  const clib = platform === 'linux' ? libc() : undefined
  const host = [platform, arch, clib].filter(Boolean).join('-')
  // The other libc's binary was only a try: what became of it would mislead.
  const wanted = attempts.has(host) ? [host] : [...attempts.keys()]
  const reasons = wanted.flatMap((name) => attempts.get(name))
  // An absent file says little: what was there and could not be used is the reason.
  const broken = reasons.find((error) => !isAbsent(error))
  const lines = [`koa-session-rs cannot load its native addon on ${host}.`, ...advice(host, wanted, broken)]
  const error = new Error(lines.join('\n  '), { cause: broken ?? reasons.at(-1) })
  Object.assign(error, { code: 'ERR_SESSION_BINDING', platform, arch })
  if (clib !== undefined) error.libc = clib
  // Not enumerable: an uncaught error prints its fields, and these would bury the message.
  return Object.defineProperty(error, 'causes', { value: [...attempts.values()].flat() })
}

function load () {
  const attempts = new Map()
  for (const name of candidates()) {
    const errors = []
    const addon = Object.hasOwn(LOADERS, name) ? LOADERS[name](errors) : loadBuilt(name, errors)
    if (addon !== undefined) return addon
    attempts.set(name, errors)
  }
  throw failure(attempts)
}

module.exports = load()
