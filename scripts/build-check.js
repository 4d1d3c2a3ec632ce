'use strict'

// Tests which tools scripts/build.js refuses, and that a panic in the built addon is an error: node --test scripts/build-check.js

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { addons, root } = require('./addons')

const rust = /^rust-version = "(\d+)\.(\d+)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))

let folder

before(() => { folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-build-')) })
after(() => rmSync(folder, { recursive: true }))

function build (env, ...args) {
  return spawnSync(process.execPath, [join(__dirname, 'build.js'), ...args], { env: { ...process.env, ...env }, encoding: 'utf8' })
}

// Makes a folder of programs that print these texts and exit with these codes. It replaces the PATH.
function toolchain (name, tools) {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [tool, { says = '', complains = '', code = 0 }] of Object.entries(tools)) {
    writeFileSync(join(path, tool), `#!/bin/sh\necho '${says}'\necho '${complains}' >&2\nexit ${code}\n`)
    chmodSync(join(path, tool), 0o755)
  }
  return path
}

function assertRefused ({ status, stdout, stderr }, ...named) {
  assert.equal(status, 1)
  assert.equal(stdout, '')
  for (const text of named) assert.ok(stderr.includes(text), stderr)
}

describe('without a Rust that can build it', () => {
  const minimum = `${rust[1]}.${rust[2]}`
  const old = `${rust[1]}.${rust[2] - 1}.9`

  test('no cargo', () => {
    assertRefused(build({ PATH: toolchain('none', {}) }), 'cargo', minimum, 'rustup.rs')
  })

  test('no rustc', () => {
    assertRefused(build({ PATH: toolchain('half', { cargo: { says: `cargo ${minimum}.0 (abc 2025-08-07)` } }) }), 'rustc', minimum)
  })

  test('a cargo that is too old', () => {
    assertRefused(build({ PATH: toolchain('old', { cargo: { says: `cargo ${old} (abc 2025-08-07)` } }) }), 'cargo', old, minimum)
  })

  test('a rustc that is too old', () => {
    const PATH = toolchain('mixed', {
      cargo: { says: `cargo ${minimum}.0-nightly (abc 2025-08-07)` },
      rustc: { says: `rustc ${old} (abc 2025-08-07)` }
    })
    assertRefused(build({ PATH }), 'rustc', old, minimum)
  })

  test('a rustup without a toolchain', () => {
    const PATH = toolchain('rustup', { cargo: { complains: 'no default toolchain', code: 1 } })
    assertRefused(build({ PATH }), 'cargo', 'no default toolchain', minimum)
  })

  test('the loader names the same Rust', () => {
    assert.ok(readFileSync(join(root, 'lib/native/addon-failure.js'), 'utf8').includes(`Rust ${minimum} or newer`))
  })
})

describe('a build', () => {
  test('of an unknown addon is refused', () => {
    for (const args of [['--only', 'mysql'], ['--only']]) assertRefused(build({}, ...args), 'main, sqlite, redis')
  })

  test('for debugging works', () => {
    const output = join(folder, 'debug')
    const { status, stderr } = build({}, '--debug', '--only', 'main', '--output-dir', output)
    assert.equal(status, 0, stderr)
    assert.match(stderr, /`dev` profile/)
    assert.equal(require(join(output, readdirSync(output)[0])).version(), require('../package.json').version)
  })

  test('with an argument that napi does not know ends with code 1', () => {
    assertRefused({ ...build({}, '--no-such-argument'), stdout: '' }, 'cannot be built')
  })

  test('leaves the hand-written files alone', () => {
    const read = () => readdirSync(root).filter((file) => /\.[jt]s$/.test(file))
      .map((file) => [file, readFileSync(join(root, file), 'utf8')])
    const earlier = read()
    const { status, stderr } = build({})
    assert.equal(status, 0, stderr)
    assert.deepEqual(read(), earlier)
  })

  test('whose Rust panics throws a JavaScript error, and the process lives on', () => {
    const { status, stderr } = build({}, '--only', 'main', '--features', 'fault-injection', '--output-dir', folder)
    assert.equal(status, 0, stderr)
    const addon = join(folder, readdirSync(folder).find((file) => file.endsWith('.node')))
    const child = spawnSync(process.execPath, ['-e', `
      const addon = require(${JSON.stringify(addon)})
      const thrown = []
      for (const name of ['panicNow', 'panicInClosure', 'panicNow', 'panicInClosure']) {
        try { addon[name]() } catch (error) { thrown.push(error instanceof Error && error.message.includes('injected')) }
      }
      setImmediate(() => console.log(JSON.stringify({ thrown, version: addon.version() })))
    `], { encoding: 'utf8' })
    assert.equal(child.signal, null)
    assert.equal(child.status, 0, child.stderr)
    assert.deepEqual(JSON.parse(child.stdout), { thrown: [true, true, true, true], version: require('../package.json').version })
  })

  test('has no exported function that lets a panic through', () => {
    const sources = addons().flatMap(({ folder }) => {
      const files = readdirSync(join(root, folder, 'src'), { recursive: true }).filter((file) => file.endsWith('.rs'))
      return files.map((file) => readFileSync(join(root, folder, 'src', file), 'utf8'))
    })
    const exported = sources.flatMap((source) => [...source.matchAll(/#\[napi(\([^\]]*\))?\]\s*(?:#\[[^\]]*\]\s*)*pub fn (\w+)/g)])
    assert.equal(exported.filter(([, , name]) => name === 'version').length, addons().length)
    assert.deepEqual(exported.filter(([, how]) => !how?.includes('catch_unwind')).map(([, , name]) => name), [])
  })

  test('for a release exports no function that panics on purpose', () => {
    const binding = require('../lib/native/binding')
    assert.deepEqual([binding.panicNow, binding.panicInClosure], [undefined, undefined])
  })
})
