'use strict'

const { spawnSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const manifest = require('../../package.json')

const root = path.join(__dirname, '../..')

/**
 * An app of its own outside of this checkout: a fixture, with the package installed in node_modules as files, not as a link.
 * Test runners treat what is in node_modules differently from an app's own files.
 */
module.exports = class Project {
  constructor (fixture, dependencies) {
    this.folder = realpathSync(mkdtempSync(path.join(tmpdir(), `koa-session-rs-${fixture}-`)))
    cpSync(path.join(__dirname, 'fixtures', fixture), this.folder, { recursive: true })
    for (const file of ['counter.js', 'place.js']) cpSync(path.join(__dirname, 'fixtures', file), path.join(this.folder, file))
    const modules = path.join(this.folder, 'node_modules')
    mkdirSync(modules)
    for (const name of ['koa', ...dependencies]) {
      symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name), 'junction')
    }
    const addons = readdirSync(root).filter((file) => file.endsWith('.node'))
    for (const file of ['package.json', 'index.js', 'lib', 'testing.js', 'testing', ...addons]) {
      cpSync(path.join(root, file), path.join(modules, manifest.name, file), { recursive: true })
    }
  }

  /** Adds a file. */
  write (name, text) {
    writeFileSync(path.join(this.folder, name), text)
  }

  /** Runs a program of node_modules in the folder. The timeout only ends a program that hangs. */
  run (program, args, env) {
    return spawnSync(process.execPath, [path.join(root, 'node_modules', program), ...args],
      { cwd: this.folder, env: { ...process.env, STARTED_BY: process.pid, ...env }, encoding: 'utf8', timeout: 120_000 })
  }

  remove () {
    rmSync(this.folder, { recursive: true })
  }
}
