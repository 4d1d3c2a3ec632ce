'use strict'

// Tests the packages of a release in an empty folder: node --test scripts/package-check.js

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const esbuild = require('esbuild')
const Installation = require('./installation')
const { PLATFORMS, addons } = require('./addons')
const npm = require('./npm')
const { assertRefused, filesIn, loading } = require('./package-report')
const checkout = require('../package.json')

const HOST = 'linux-x64-gnu'
const ADDON = `koa-session-rs.${HOST}.node`

/** The addons that have their own package. */
const STORES = addons().filter(({ entry }) => entry !== undefined)

/** The largest allowed size of each addon, in bytes. */
const LIMITS = { 'koa-session-rs': 1_000_000, 'koa-session-rs-sqlite': 4_000_000, 'koa-session-rs-redis': 8_000_000 }

/** The file that has the modules which the checkout's `require` loads. */
const BUNDLE = 'lib/bundle/index.js'

/** Prints the files of a package, such as index.js, that are loaded by then. */
const PRINT_LOADED = `
  const { join, relative } = require('node:path')
  const root = join(require.resolve(process.argv[1]), '..')
  console.log(Object.keys(require.cache).map((path) => relative(root, path)).filter((path) => !path.startsWith('..')).sort().join())`

let out, mainPackage, platformPackage, complete, cookies, bare

/** Returns the files of lib/ that the checkout loads, but for the check of Node's version. */
function bundledModules () {
  const script = `require(process.argv[1]);${PRINT_LOADED}`
  const loaded = execFileSync(process.execPath, ['-e', script, join(__dirname, '..')], { encoding: 'utf8' }).trim().split(',')
  return loaded.filter((file) => file.startsWith('lib/') && file !== 'lib/base/node-version.js')
}

/** Packs, and returns the tarballs' paths: the first is that of the main package, or of its addon. */
function pack (script) {
  return execFileSync(process.execPath, [join(__dirname, script), out], { encoding: 'utf8' }).trim().split('\n')
}

before(() => {
  assert.equal(`${process.platform}-${process.arch}`, 'linux-x64', 'the package check runs on linux-x64')
  out = mkdtempSync(join(tmpdir(), 'koa-session-rs-packages-'))
  const platformPackages = pack('platform-package.js')
  const mainPackages = pack('main-package.js')
  platformPackage = platformPackages[0]
  mainPackage = mainPackages[0]
  complete = new Installation([...mainPackages, ...platformPackages])
  cookies = new Installation([mainPackage, platformPackage])
  bare = new Installation([mainPackage])
})

after(() => {
  for (const installation of [complete, cookies, bare]) installation?.remove()
  if (out) rmSync(out, { recursive: true })
})

describe('contents', () => {
  test('the main package has these files and no others', () => {
    const within = (folder) => filesIn(join(__dirname, '..', folder)).map((file) => `${folder}/${file}`)
    const bundled = bundledModules()
    const lib = within('lib').filter((file) => !bundled.includes(file))
    assert.deepEqual(filesIn(complete.path('node_modules/koa-session-rs')), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      ...within('adapters'),
      ...within('bin'),
      ...within('compat'),
      ...['adapters', 'bundling', 'events'].map((name) => `docs/${name}.md`),
      ...within('docs/migrating'),
      ...['options', 'security', 'shutdown', 'stores', 'testing', 'troubleshooting', 'usage'].map((name) => `docs/${name}.md`),
      'index.d.ts',
      'index.js',
      ...[BUNDLE, ...lib].sort(),
      'package.json',
      'revocations.d.ts',
      'revocations.js',
      ...within('stores'),
      'strict.d.ts',
      'strict.js',
      'testing.d.ts',
      'testing.js',
      ...within('testing')
    ])
  })

  for (const { name } of addons()) {
    test(`a platform package has only the addon, small and stripped: ${name}`, (t) => {
      const folder = complete.path(`node_modules/${name}-${HOST}`)
      const file = `${name}.${HOST}.node`
      assert.deepEqual(filesIn(folder), ['LICENSE', 'README.md', file, 'package.json'])
      const addon = readFileSync(join(folder, file))
      assert.ok(addon.length < LIMITS[name], `${addon.length} bytes`)
      assert.ok(!addon.includes('.symtab\0'), 'symbols are stripped')
      const sizes = [name, `${name}-${HOST}`].map((name) => {
        const installed = complete.path('node_modules', name)
        const bytes = filesIn(installed).reduce((sum, file) => sum + statSync(join(installed, file)).size, 0)
        return `${name} ${Math.round(bytes / 1000)} kB`
      })
      t.diagnostic(`installed: ${sizes.join(', ')}`)
    })
  }

  for (const { name } of STORES) {
    test(`the package of an addon depends on each platform package, and requires each: ${name}`, () => {
      const folder = complete.path('node_modules', name)
      assert.deepEqual(filesIn(folder), ['LICENSE', 'README.md', 'index.js', 'package.json'])
      const { optionalDependencies, version } = require(join(folder, 'package.json'))
      assert.equal(version, checkout.version)
      assert.deepEqual(optionalDependencies, Object.fromEntries(PLATFORMS.map((platform) => [`${name}-${platform}`, version])))
      const literals = readFileSync(join(folder, 'index.js'), 'utf8').matchAll(/require\('([\w-]+)'\)/g)
      assert.deepEqual([...literals].map((match) => match[1]), Object.keys(optionalDependencies))
      assert.deepEqual(Object.keys(require(folder)), PLATFORMS)
    })
  }

  test('nothing runs at installation, and nothing else is installed', () => {
    for (const name of addons().flatMap(({ name }) => [name, `${name}-${HOST}`])) {
      const manifest = require(complete.path('node_modules', name, 'package.json'))
      assert.equal(manifest.version, checkout.version)
      assert.deepEqual([manifest.scripts, manifest.gypfile], [undefined, undefined])
      assert.deepEqual(manifest.dependencies, name === 'koa-session-rs' ? checkout.dependencies : undefined)
    }
    // The one dependency is small, and has none of its own.
    assert.deepEqual(Object.keys(checkout.dependencies), ['js-tokens'])
    const { dependencies, scripts } = require(complete.path('node_modules/js-tokens/package.json'))
    assert.deepEqual([dependencies, scripts], [undefined, undefined])
    for (const script of ['preinstall', 'install', 'postinstall']) assert.ok(!(script in checkout.scripts), script)
  })

  test('the main package depends on each platform package, and the loader knows each', () => {
    const { optionalDependencies } = require(complete.path('node_modules/koa-session-rs/package.json'))
    assert.deepEqual(optionalDependencies,
      Object.fromEntries(PLATFORMS.map((name) => [`koa-session-rs-${name}`, checkout.version])))
    const loader = readFileSync(join(__dirname, '../lib/native/binding.js'), 'utf8')
    const literals = (pattern) => [...loader.matchAll(pattern)].map((match) => match[1]).sort()
    assert.deepEqual(literals(/require\('koa-session-rs-([\w-]+)'\)/g), [...PLATFORMS].sort())
    assert.deepEqual(literals(/require\('\.\.\/\.\.\/koa-session-rs\.([\w-]+)\.node'\)/g), [...PLATFORMS].sort())
  })

  test('npm installs a platform package only on its platform', () => {
    for (const { name } of addons()) {
      const { os, cpu, libc, main } = require(complete.path(`node_modules/${name}-${HOST}/package.json`))
      assert.deepEqual({ os, cpu, libc, main }, { os: ['linux'], cpu: ['x64'], libc: ['glibc'], main: `${name}.${HOST}.node` })
    }
  })

  test('installing the main package installs none of the stores\' addons', () => {
    const manifest = require(cookies.path('node_modules/koa-session-rs/package.json'))
    assert.deepEqual(filesIn(cookies.path('node_modules')).filter((file) => file.endsWith('.node')),
      [`koa-session-rs-${HOST}/${ADDON}`])
    for (const { name } of STORES) {
      assert.equal(manifest.peerDependencies[name], checkout.version)
      assert.deepEqual(manifest.peerDependenciesMeta[name], { optional: true })
    }
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

  for (const [store, said] of [['memory', 'visited\n'], ['sqlite', 'visited\n'], ['redis', 'loaded\n']]) {
    test(`has its stores: ${store}`, () => {
      const { status, stdout, stderr } = complete.node(`${store}.js`)
      assert.equal(status, 0, stderr)
      assert.equal(stdout, said)
    })
  }

  test('loads the addon of a store when one is made, and not before', () => {
    const { status, stdout, stderr } = complete.node('-e', `
      const loaded = () => Object.keys(require.cache).filter((path) => path.endsWith('.node')).length
      const counts = [loaded()]
      for (const name of ['', '/stores/memory', '/stores/sqlite', '/stores/redis', '/testing']) {
        require('koa-session-rs' + name)
        counts.push(loaded())
      }
      const { SqliteStore } = require('koa-session-rs/stores/sqlite')
      new SqliteStore({ file: 'first-use.db' }).close()
      counts.push(loaded())
      console.log(counts.join())
    `)
    assert.equal(status, 0, stderr)
    assert.equal(stdout, '0,1,1,1,1,1,2\n')
  })
})

describe('the command line', () => {
  const command = (...args) => complete.node(complete.path('node_modules/.bin/koa-session-rs'), ...args)

  test('is installed as a program, and loads the addon', () => {
    assert.match(command('key').stdout, /^[\w-]{43}\n$/)
    const { status, stdout } = command('inspect', 'eyJhIjoxfQ==', '--json')
    assert.deepEqual([status, JSON.parse(stdout).data], [0, { a: 1 }])
    assert.equal(JSON.parse(command('doctor', '--json').stdout).addon, checkout.version)
    const migrated = command('migrate', '--json')
    assert.deepEqual([migrated.status, JSON.parse(migrated.stdout).changes], [0, []])
  })
})

describe('the bundle of modules', () => {
  /** Runs a program in the installation, and returns the files of the package that it has loaded. */
  function loadedBy (program) {
    const { status, stdout, stderr } = complete.node('-e', `${program};${PRINT_LOADED}`, 'koa-session-rs')
    assert.equal(status, 0, stderr)
    return stdout.trim().split(',')
  }

  const LOADED = ['index.js', 'lib/base/node-version.js', BUNDLE, 'package.json']
  const START = `
    process.env.NODE_ENV = 'production'
    const session = require('koa-session-rs')
    const app = new (require('koa'))()
    const store = { get () {}, set () {}, destroy () {} }`

  test('has all that `require` and an app without a store load', () => {
    assert.deepEqual(loadedBy("require('koa-session-rs')"), LOADED)
    assert.deepEqual(loadedBy(`${START}; session({}, app)`), LOADED)
  })

  const LATE = [
    'base/head-arguments', 'cookie/protected-cookie', 'options/hardened', 'persistence/merging-store', 'persistence/record-store', 'persistence/serial-store',
    'request/early-headers', 'request/revoke', 'session/times'
  ]

  for (const [options, names] of [
    ['early: true', ['base/head-arguments', 'request/early-headers']],
    ["keys: ['k'.repeat(32)], seal: true", ['cookie/protected-cookie']],
    ['absoluteTimeout: 1', ['session/times']],
    ['absoluteTimeout: 1, revocations: store', ['request/revoke', 'session/times']],
    ['store', ['persistence/record-store']],
    ['store, merge: true', ['persistence/merging-store', 'persistence/serial-store']]
  ]) {
    test(`has nothing that only an option needs: ${options}`, () => {
      const loaded = loadedBy(`${START}; session({ ${options} }, app)`)
      assert.deepEqual(LATE.filter((name) => loaded.includes(`lib/${name}.js`)), names)
    })
  }

  test('has not what only tests use, which works beside it', () => {
    const { status, stdout, stderr } = complete.node('-e', `
      const Koa = require('koa')
      const app = Object.assign(new Koa(), { keys: ['a key'] })
      app.use(require('koa-session-rs')({ absoluteTimeout: 1000 }, app))
      const files = () => Object.keys(require.cache).filter((path) => /log-in/.test(path)).length
      const before = files()
      require('koa-session-rs/testing').sessionCookie(app, { user: 'ann' }).then((cookie) => console.log(before, files(), cookie.split('=')[0]))
    `)
    assert.equal(status, 0, stderr)
    assert.equal(stdout, '0 1 koa.sess\n')
  })

  test('is shared by all entry points', () => {
    const { status, stdout, stderr } = complete.node('-e', `
      const session = require('koa-session-rs')
      const { MemoryStore } = require('koa-session-rs/stores/memory')
      const { SqliteStore } = require('koa-session-rs/stores/sqlite')
      const { RedisStore } = require('koa-session-rs/stores/redis')
      const { connectStore } = require('koa-session-rs/adapters/connect')
      const { genericStore } = require('koa-session-rs/adapters/generic')
      const { keyvStore } = require('koa-session-rs/adapters/keyv')
      const { sessionStoreContract } = require('koa-session-rs/testing')
      const calls = [
        () => session(), () => new MemoryStore({ maxBytes: '' }), () => new SqliteStore({ file: 1 }), () => new RedisStore({ url: 1 }),
        () => connectStore(1), () => genericStore(1), () => keyvStore(1), () => sessionStoreContract()
      ]
      const classes = calls.map((call) => { try { call() } catch (error) { return error.constructor } })
      console.log(JSON.stringify({
        classes: [...new Set(classes)].map((each) => each?.name),
        marks: [MemoryStore, SqliteStore, RedisStore].map((each) => each.prototype[session.STORE]),
        isStrictSame: require('koa-session-rs/strict') === session
      }))
    `)
    assert.equal(status, 0, stderr)
    assert.deepEqual(JSON.parse(stdout), { classes: ['SessionOptionError'], marks: [1, 1, 1], isStrictSame: true })
  })

  test('loads once the addon is there, if it was not before', () => {
    const built = bare.path('node_modules/koa-session-rs', ADDON)
    const { status, stdout, stderr } = bare.node('-e', `
      const load = () => { try { return typeof require('koa-session-rs') } catch (error) { return error.code } }
      const results = [load(), load()]
      require('node:fs').copyFileSync(...process.argv.slice(1))
      console.log([...results, load()].join())
    `, complete.path(`node_modules/koa-session-rs-${HOST}`, ADDON), built)
    rmSync(built, { force: true })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'ERR_SESSION_BINDING,ERR_SESSION_BINDING,function\n')
  })
})

test('the tarball of `npm pack` in a checkout works with the platform package', () => {
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

describe('without the package of a store', () => {
  const MAKING = {
    'koa-session-rs-sqlite': "new (require('koa-session-rs/stores/sqlite').SqliteStore)({ file: 'a.db' })",
    'koa-session-rs-redis': "new (require('koa-session-rs/stores/redis').RedisStore)({ url: 'redis://127.0.0.1:1' })"
  }

  /** Makes a store in an installation, and returns the error in the form that REPORT prints. */
  function making (installation, name) {
    const program = installation.write(`make-${name}.js`, MAKING[name])
    return loading(installation, program)
  }

  test('the rest works', () => {
    const { status, stdout, stderr } = cookies.node('memory.js')
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'visited\n')
  })

  for (const { name } of STORES) {
    test(`the error says what to install: ${name}`, () => {
      const report = making(cookies, name)
      assertRefused(report, 'linux', 'x64', `npm install ${name}@${checkout.version}`)
      assert.deepEqual([report.package, report.libc, report.cause.code], [name, 'gnu', 'MODULE_NOT_FOUND'])
    })

    test(`the error names the platform's package, if only the binary is missing: ${name}`, () => {
      const folder = complete.path('node_modules', `${name}-${HOST}`)
      renameSync(folder, `${folder}.away`)
      try {
        const report = making(complete, name)
        assertRefused(report, 'linux', 'x64', `${name}-${HOST}`)
        assert.equal(report.package, name)
      } finally {
        renameSync(`${folder}.away`, folder)
      }
    })

    test(`the error names both versions, if the package of a store has another one: ${name}`, () => {
      const path = 'node_modules/koa-session-rs/package.json'
      const manifest = readFileSync(complete.path(path), 'utf8')
      complete.write(path, JSON.stringify({ ...JSON.parse(manifest), version: '99.0.0' }))
      // Replaces the main addon's version by 99.0.0 too, so that only the store's addon has a wrong version.
      const preload = complete.write('of-any-version.js', `
        const binding = require('node:module').createRequire(${JSON.stringify(complete.path('node_modules/koa-session-rs/index.js'))})
        binding('koa-session-rs-${HOST}').version = () => '99.0.0'
      `)
      const program = complete.write(`make-${name}.js`, MAKING[name])
      const report = loading(complete, program, '-r', preload)
      complete.write(path, manifest)
      assertRefused(report, 'linux', 'x64', '99.0.0')
      assert.deepEqual([report.package, report.cause.found], [name, checkout.version])
    })
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

  test('a platform without a package uses the addon that was built there', () => {
    const preload = complete.write('preload.js', "Object.defineProperty(process, 'platform', { value: 'sunos' })")
    const built = complete.write('node_modules/koa-session-rs/koa-session-rs.sunos-x64.node',
      readFileSync(complete.path(`node_modules/koa-session-rs-${HOST}`, ADDON)))
    assert.equal(loading(complete, 'koa-session-rs', '-r', preload).code, 'loaded')
    rmSync(built)
  })

  test('the cause is the binary that does not link, not a missing one', () => {
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
  function bundle (installation, { outfile = installation.path(`bundle-${Math.random()}.js`), ...options } = {}) {
    esbuild.buildSync({
      entryPoints: [installation.path('require.js')], bundle: true, platform: 'node', outfile, logLevel: 'silent', ...options
    })
    return outfile
  }

  test('the error says that the bundler left the binary out', () => {
    assertRefused(loading(bare, bundle(bare)), 'linux', 'x64', 'external')
  })

  for (const loader of ['empty', 'file', 'dataurl']) {
    test(`the error says that the bundler replaced the binary: ${loader}`, () => {
      const report = loading(complete, bundle(complete, { loader: { '.node': loader } }))
      assertRefused(report, 'linux', 'x64', 'bundler')
    })
  }

  /** Bundles a program, with the binaries copied beside it, into a folder without packages. */
  function copied (installation, program, name, options) {
    const outfile = join(out, name)
    return bundle(installation, { entryPoints: [installation.path(program)], outfile, loader: { '.node': 'copy' }, ...options })
  }

  /** Options for an ES module. */
  const MODULE = {
    format: 'esm', banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" }
  }

  for (const [name, options] of [['copied/bundle.js', {}], ['copied-module/bundle.mjs', MODULE]]) {
    for (const program of ['require.js', 'sqlite.js']) {
      test(`works with the binaries copied: ${name}, ${program}`, () => {
        // The store's file is beside the bundle.
        const file = copied(complete, program, name, { define: { __dirname: JSON.stringify(out) }, ...options })
        const { status, stdout, stderr } = complete.node(file)
        assert.equal(status, 0, stderr)
        assert.equal(stdout, 'visited\n')
      })
    }
  }

  test('the cause is the missing package of an addon, also in an ES module', () => {
    const file = copied(cookies, 'sqlite.js', 'missing/bundle.mjs', { define: { __dirname: JSON.stringify(out) }, ...MODULE })
    const { status, stderr } = cookies.node(file)
    assert.equal(status, 1)
    assert.match(stderr, /ERR_SESSION_BINDING/)
    assert.match(stderr, /code: 'MODULE_NOT_FOUND'/)
  })

  test('works as an external package', () => {
    const { status, stdout, stderr } = complete.node(bundle(complete, { external: ['koa-session-rs'] }))
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'visited\n')
  })
})
