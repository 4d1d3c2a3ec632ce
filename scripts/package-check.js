'use strict'

// The packages as a release makes them, in an empty folder: node --test scripts/package-check.js

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const esbuild = require('esbuild')
const { parseTriple } = require('@napi-rs/cli')
const Installation = require('./installation')
const npm = require('./npm')
const checkout = require('../package.json')

// Prints the fields of the error that requiring the first argument throws, for a test to read.
const REPORT = `
  try {
    require(process.argv[1])
    console.log(JSON.stringify({ code: 'loaded' }))
  } catch (error) {
    const { code, platform, arch, libc, message, cause, causes } = error
    console.log(JSON.stringify({
      code, platform, arch, libc, message, cause: cause && { code: cause.code, found: cause.found }, causes: causes?.length
    }))
  }`

const PLATFORMS = checkout.napi.targets.map((triple) => parseTriple(triple).platformArchABI)
const HOST = 'linux-x64-gnu'
const ADDON = `koa-session-rs.${HOST}.node`

let out, mainPackage, platformPackage, complete, bare

function pack (script) {
  return execFileSync(process.execPath, [join(__dirname, script), out], { encoding: 'utf8' }).trim()
}

function filesIn (folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort()
}

// Requires a module in the installation and returns what it threw, as REPORT prints it.
function loading (installation, what = 'koa-session-rs', ...flags) {
  const { status, stdout, stderr } = installation.node(...flags, '-e', REPORT, what)
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

function assertRefused (report, platform, arch, named) {
  assert.deepEqual([report.code, report.platform, report.arch], ['ERR_SESSION_BINDING', platform, arch])
  assert.ok(report.message.includes(named), report.message)
  assert.ok(report.message.split('\n').length <= 7, report.message)
}

before(() => {
  assert.equal(`${process.platform}-${process.arch}`, 'linux-x64', 'the package check runs on linux-x64')
  out = mkdtempSync(join(tmpdir(), 'koa-session-rs-packages-'))
  platformPackage = pack('platform-package.js')
  mainPackage = pack('main-package.js')
  complete = new Installation([mainPackage, platformPackage])
  bare = new Installation([mainPackage])
})

after(() => {
  for (const installation of [complete, bare]) installation?.remove()
  if (out) rmSync(out, { recursive: true })
})

describe('contents', () => {
  test('the main package has these files and no others', () => {
    assert.deepEqual(filesIn(complete.path('node_modules/koa-session-rs')), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'docs/migrating.md',
      'index.d.ts',
      'index.js',
      ...readdirSync(join(__dirname, '../lib')).sort().map((file) => `lib/${file}`),
      'package.json',
      'strict.d.ts',
      'strict.js'
    ])
  })

  test('the platform package is the addon alone, small and stripped', (t) => {
    const folder = complete.path(`node_modules/koa-session-rs-${HOST}`)
    assert.deepEqual(filesIn(folder), ['LICENSE', 'README.md', ADDON, 'package.json'])
    const addon = readFileSync(join(folder, ADDON))
    assert.ok(addon.length < 1_000_000, `${addon.length} bytes`)
    assert.ok(!addon.includes('.symtab\0'), 'symbols are stripped')
    const sizes = ['koa-session-rs', `koa-session-rs-${HOST}`].map((name) => {
      const installed = complete.path('node_modules', name)
      const bytes = filesIn(installed).reduce((sum, file) => sum + statSync(join(installed, file)).size, 0)
      return `${name} ${Math.round(bytes / 1000)} kB`
    })
    t.diagnostic(`installed: ${sizes.join(', ')}`)
  })

  test('nothing runs at installation, and nothing else is installed', () => {
    for (const name of ['koa-session-rs', `koa-session-rs-${HOST}`]) {
      const manifest = require(complete.path('node_modules', name, 'package.json'))
      assert.equal(manifest.version, checkout.version)
      assert.deepEqual([manifest.scripts, manifest.dependencies, manifest.gypfile], [undefined, undefined, undefined])
    }
    for (const script of ['preinstall', 'install', 'postinstall']) assert.ok(!(script in checkout.scripts), script)
  })

  test('the main package asks for each platform, and the loader knows each', () => {
    const { optionalDependencies } = require(complete.path('node_modules/koa-session-rs/package.json'))
    assert.deepEqual(optionalDependencies,
      Object.fromEntries(PLATFORMS.map((name) => [`koa-session-rs-${name}`, checkout.version])))
    const loader = readFileSync(join(__dirname, '../lib/binding.js'), 'utf8')
    const literals = (pattern) => [...loader.matchAll(pattern)].map((match) => match[1]).sort()
    assert.deepEqual(literals(/require\('koa-session-rs-([\w-]+)'\)/g), [...PLATFORMS].sort())
    assert.deepEqual(literals(/require\('\.\.\/koa-session-rs\.([\w-]+)\.node'\)/g), [...PLATFORMS].sort())
  })

  test('npm installs the platform package on its platform alone', () => {
    const { os, cpu, libc, main } = require(complete.path(`node_modules/koa-session-rs-${HOST}/package.json`))
    assert.deepEqual({ os, cpu, libc, main }, { os: ['linux'], cpu: ['x64'], libc: ['glibc'], main: ADDON })
  })
})

describe('an app in an empty folder', () => {
  for (const [program, visits] of [['require.js', 1], ['import.mjs', 2]]) {
    test(`keeps its sessions: ${program}`, () => {
      const { status, stdout, stderr } = complete.node(program)
      assert.equal(status, 0, stderr)
      assert.equal(stdout, 'visited\n'.repeat(visits))
    })
  }
})

test('what `npm pack` makes of a checkout works beside the platform package', () => {
  const folder = join(out, 'checkout')
  mkdirSync(folder)
  npm(['pack', '--pack-destination', folder], { cwd: join(__dirname, '..'), stdio: 'pipe' })
  const installation = new Installation([...readdirSync(folder).map((file) => join(folder, file)), platformPackage])
  try {
    const { status, stdout, stderr } = installation.node('require.js')
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'visited\n')
  } finally {
    installation.remove()
  }
})

describe('without a binary that fits', () => {
  test('the error names the platform and its package', () => {
    const report = loading(bare)
    assertRefused(report, 'linux', 'x64', `koa-session-rs-${HOST}`)
    assert.deepEqual([report.libc, report.cause.code, report.causes], ['gnu', 'MODULE_NOT_FOUND', 4])
  })

  for (const [platform, named] of [
    ['win32', 'koa-session-rs-win32-x64-msvc'],
    ['darwin', 'koa-session-rs-darwin-x64'],
    ['sunos', 'sunos-x64']
  ]) {
    test(`the error names the platform: ${platform}`, () => {
      const preload = complete.write('preload.js', `Object.defineProperty(process, 'platform', { value: '${platform}' })`)
      const report = loading(complete, 'koa-session-rs', '-r', preload)
      assertRefused(report, platform, 'x64', named)
      assert.equal(report.libc, undefined)
    })
  }

  test('a platform without a package takes what was built there', () => {
    const preload = complete.write('preload.js', "Object.defineProperty(process, 'platform', { value: 'sunos' })")
    const built = complete.write('node_modules/koa-session-rs/koa-session-rs.sunos-x64.node',
      readFileSync(complete.path(`node_modules/koa-session-rs-${HOST}`, ADDON)))
    assert.equal(loading(complete, 'koa-session-rs', '-r', preload).code, 'loaded')
    rmSync(built)
  })

  test('a binary that does not link is the cause, not the absence of another', () => {
    const broken = bare.write(`node_modules/koa-session-rs/${ADDON}`, 'not an addon')
    const report = loading(bare)
    assertRefused(report, 'linux', 'x64', ADDON)
    assert.equal(report.cause.code, 'ERR_DLOPEN_FAILED')
    rmSync(broken)
  })

  test('a platform package without its binary is the cause', () => {
    const manifest = bare.write(`node_modules/koa-session-rs-${HOST}/package.json`, JSON.stringify({ main: ADDON }))
    assertRefused(loading(bare), 'linux', 'x64', ADDON)
    rmSync(join(manifest, '..'), { recursive: true })
  })

  test('a binary of another version is refused', () => {
    const path = 'node_modules/koa-session-rs/package.json'
    const manifest = readFileSync(complete.path(path), 'utf8')
    complete.write(path, JSON.stringify({ ...JSON.parse(manifest), version: '99.0.0' }))
    const report = loading(complete)
    assertRefused(report, 'linux', 'x64', '99.0.0')
    assert.equal(report.cause.found, checkout.version)
    complete.write(path, manifest)
  })
})

describe('in a bundle', () => {
  function bundle (installation, options) {
    const outfile = installation.path(`bundle-${Math.random()}.js`)
    esbuild.buildSync({
      entryPoints: [installation.path('require.js')], bundle: true, platform: 'node', outfile, logLevel: 'silent', ...options
    })
    return outfile
  }

  test('that left the binary out, the error says so', () => {
    assertRefused(loading(bare, bundle(bare)), 'linux', 'x64', 'external')
  })

  for (const loader of ['empty', 'file', 'dataurl']) {
    test(`that put something else in its place, the error says so: ${loader}`, () => {
      const report = loading(complete, bundle(complete, { loader: { '.node': loader } }))
      assertRefused(report, 'linux', 'x64', 'bundler')
    })
  }

  test('as an external package it works', () => {
    const { status, stdout, stderr } = complete.node(bundle(complete, { external: ['koa-session-rs'] }))
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'visited\n')
  })
})
