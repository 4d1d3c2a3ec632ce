'use strict'

const { createRequire } = require('node:module')
const { join } = require('node:path')

const { libc } = require('../lib/native/addon-failure')
const { engines, version } = require('../package.json')

const help = `Checks Node, the native addon, and the packages of the app in this folder.

Usage: koa-session-rs doctor [--json]

Example
  npx koa-session-rs doctor`

/** Packages that the app uses, from its folder. */
const PACKAGES = ['koa', 'cookies', 'keygrip', 'koa-session', 'koa-session-rs-sqlite', 'koa-session-rs-redis']

/** The oldest versions of Koa whose ctx.hostname cannot be misled by a Host header (CVE-2026-27959). */
const SAFE_KOA = { 2: [2, 16, 4], 3: [3, 1, 2] }

function run () {
  const { platform, arch } = process
  const report = { version, node: process.versions.node, platform, arch, libc: platform === 'linux' ? libc() ?? null : null, addon: null, file: null, packages: {}, problems: [] }
  const problem = (code, message) => report.problems.push({ code, message })
  checkAddon(report, problem)
  for (const name of PACKAGES) report.packages[name] = versionOf(name)
  checkKoa(report.packages, problem)
  checkAddons(report.packages, problem)
  return { text: describe(report), report, isFine: report.problems.length === 0 }
}

function checkAddon (report, problem) {
  try {
    const { version: built } = require('../lib/native/binding')
    report.addon = built()
    report.file = Object.keys(require.cache).find((path) => path.endsWith('.node')) ?? null
  } catch (error) {
    problem('ADDON', String(error.message))
  }
}

/** Returns the version of a package as an app in this folder would load it; null if it is not installed. */
function versionOf (name) {
  try {
    return createRequire(join(process.cwd(), 'package.json'))(`${name}/package.json`).version
  } catch {
    return null
  }
}

function checkKoa ({ koa, cookies }, problem) {
  if (koa === null) return problem('KOA', 'koa is not installed in this folder: run this in the folder of the app')
  const numbers = koa.split('.').map((part) => Number.parseInt(part, 10))
  const safe = SAFE_KOA[numbers[0]]
  if (safe === undefined) problem('KOA', `koa ${koa} is not supported: Koa 2.16 and 3 are`)
  else if (isOlder(numbers, safe)) problem('KOA_HOSTNAME', `koa ${koa} takes ctx.hostname from a Host header that can mislead it (CVE-2026-27959): update to ${safe.join('.')}`)
  if (cookies !== null && !['0.9.1', '0.9.2'].includes(cookies)) {
    problem('COOKIES', `cookies ${cookies} is not known: every cookie goes through ctx.cookies, which takes longer`)
  }
}

function isOlder (numbers, others) {
  const at = others.findIndex((number, i) => number !== numbers[i])
  return at >= 0 && numbers[at] < others[at]
}

/** The addons of the stores have to be of the version of this package. */
function checkAddons (packages, problem) {
  for (const name of ['koa-session-rs-sqlite', 'koa-session-rs-redis']) {
    if (packages[name] !== null && packages[name] !== version) problem('STORE_VERSION', `${name} is of version ${packages[name]}: npm install ${name}@${version}`)
  }
}

function describe ({ node, platform, arch, libc, addon, file, packages, problems }) {
  const lines = [
    ['koa-session-rs', version],
    ['Node', `${node} (${engines.node} is needed)`],
    ['platform', [platform, arch, libc].filter(Boolean).join('-')],
    ['native addon', addon === null ? 'cannot be loaded' : `${addon}${file === null ? '' : `, ${file}`}`],
    ...Object.entries(packages).map(([name, installed]) => [name, installed ?? 'not installed'])
  ]
  const text = lines.map(([label, value]) => `${label}:`.padEnd(24) + value)
  return [...text, ...problems.map(({ code, message }) => `problem: ${message} (${code})`), ...(problems.length === 0 ? ['all is well'] : [])].join('\n')
}

module.exports = { help, options: {}, allowPositionals: false, run }
