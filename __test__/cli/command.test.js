'use strict'

const assert = require('node:assert/strict')
const { execFileSync, spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const { encode } = require('../harness/forge')
const { bin, version } = require('../../package.json')
const { command } = require('./command')

const root = join(__dirname, '../..')
const file = join(root, bin['koa-session-rs'])

function temporary (t) {
  const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-cli-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('the command line', () => {
  test('runs as a program', () => {
    assert.equal(execFileSync(process.execPath, [file, '--version'], { encoding: 'utf8' }), `${version}\n`)
    const piped = spawnSync(process.execPath, [file, 'inspect', '--json'], { input: `koa.sess=${encode({ a: 1 })}`, encoding: 'utf8' })
    assert.deepEqual([piped.status, JSON.parse(piped.stdout).data], [1, { a: 1 }])
    const wrong = spawnSync(process.execPath, [file, 'inspct'], { encoding: 'utf8' })
    assert.deepEqual([wrong.status, wrong.stdout], [2, ''])
    assert.equal(wrong.stderr.split('\n').length, 2)
  })

  test('ends without an error when nobody reads its output', async () => {
    const child = spawn(process.execPath, [file, '--help'])
    child.stdout.destroy()
    const [errors, [code]] = await Promise.all([child.stderr.toArray(), once(child, 'exit')])
    assert.deepEqual([errors, code], [[], 0])
  })

  test('has help with examples for itself and each command', () => {
    for (const args of [[], ['--help'], ['inspect', '--help'], ['key', '--help'], ['doctor', '--help'], ['migrate', '--help']]) {
      const { code, out } = command(args)
      assert.equal(code, 0)
      assert.match(out, /Example/)
    }
  })

  test('wrong usage is one line and 2, and shows no argument, which may be a key', () => {
    for (const args of [['secret-key'], ['key', 'secret-key'], ['key', '--bytes', 'secret-key'], ['key', '--bytes', '31'], ['key', '--bytes', '65'], ['inspect', 'a', 'secret-key'],
      ['inspect', '--kye', 'secret-key'], ['inspect', '--key'], ['inspect', '--key', ''], ['inspect'], ['doctor', '--secret-key'], ['migrate', 'a', 'secret-key'], ['migrate', 'secret-key'], ['migrate', ''], ['migrate', '--secret-key'], ['inspect', '--json=secret-key']]) {
      const { code, out, err } = command(args)
      assert.deepEqual([code, out, err.split('\n').length], [2, '', 2], args.join(' '))
      assert.ok(!err.includes('secret-key'))
    }
  })

  test('key makes another key each time', () => {
    for (const [args, length] of [[['key'], 43], [['key', '--bytes', '64'], 86]]) {
      const [one, two] = [command(args), command([...args, '--json'])]
      assert.match(one.out, /^[\w-]+\n$/)
      assert.deepEqual([one.code, one.out.length - 1, two.json.key.length], [0, length, length])
      assert.notEqual(one.out.trim(), two.json.key)
    }
  })

  test('doctor finds the addon and the packages', () => {
    const { code, json } = command(['doctor', '--json'])
    assert.deepEqual([code, json.version, json.addon, json.problems], [0, version, version, []])
    assert.ok(json.file.endsWith('.node') && [json.platform, json.arch].join() === [process.platform, process.arch].join())
    if (process.platform === 'linux') assert.match(json.libc, /^(gnu|musl)$/)
    assert.equal(json.packages.koa, require('koa/package.json').version)
    assert.match(command(['doctor']).out, /all is well/)
  })

  test('doctor says what is wrong with an installation', (t) => {
    const folder = temporary(t)
    const install = (name, version) => {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true })
      writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version }))
    }
    const doctor = (program = file) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'doctor', '--json'], { cwd: folder, encoding: 'utf8' })
      assert.equal(stderr, '')
      return [status, ...JSON.parse(stdout).problems.map(({ code }) => code)]
    }
    assert.deepEqual(doctor(), [1, 'KOA'])
    for (const [koa, expected] of [['2.16.3', [1, 'KOA_HOSTNAME']], ['2.16.4', [0]], ['3.1.1', [1, 'KOA_HOSTNAME']], ['3.2.0', [0]], ['1.7.0', [1, 'KOA']], ['4.0.0', [1, 'KOA']]]) {
      install('koa', koa)
      assert.deepEqual(doctor(), expected, koa)
    }
    install('koa', '3.3.0')
    install('cookies', '0.8.0')
    install('koa-session-rs-redis', '0.0.1')
    assert.deepEqual(doctor(), [1, 'COOKIES', 'STORE_VERSION'])
    // A copy without the addon.
    const copy = join(folder, 'copy')
    for (const part of ['bin', 'lib', 'package.json']) cpSync(join(root, part), join(copy, part), { recursive: true })
    assert.deepEqual(doctor(join(copy, 'bin/koa-session-rs.js')), [1, 'ADDON', 'COOKIES', 'STORE_VERSION'])
  })
})
