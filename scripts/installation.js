'use strict'

const { spawnSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { dirname, join, resolve } = require('node:path')
const npm = require('./npm')
const { dependencies } = require('../package.json')

/** Packs the dependencies of the main package, which have none of their own. */
function packDependencies (folder) {
  return Object.keys(dependencies).map((name) => {
    const [{ filename }] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: dirname(require.resolve(name)) }))
    return join(folder, filename)
  })
}

/** A new folder with packages installed from tarballs, this checkout's Koa, and the programs of ./installed. */
module.exports = class Installation {
  constructor (tarballs) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'koa-session-rs-installed-')))
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true }\n')
    // Offline, so that only the tarballs are installed. The packages for other platforms are optional.
    npm(['install', '--offline', '--no-audit', '--no-fund', ...[...tarballs, ...packDependencies(this.folder)].map((path) => resolve(path))],
      { cwd: this.folder, stdio: ['ignore', 'pipe', 'inherit'] })
    mkdirSync(join(this.folder, 'node_modules'), { recursive: true })
    symlinkSync(dirname(require.resolve('koa/package.json')), join(this.folder, 'node_modules/koa'), 'junction')
    cpSync(join(__dirname, 'installed'), this.folder, { recursive: true })
  }

  path (...names) {
    return join(this.folder, ...names)
  }

  /** Writes a file into the folder, and returns its path. */
  write (name, content) {
    const path = this.path(name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  /** Runs Node in the folder, and returns { status, signal, stdout, stderr }. */
  node (...args) {
    return spawnSync(process.execPath, args, { cwd: this.folder, encoding: 'utf8' })
  }

  remove () {
    rmSync(this.folder, { recursive: true })
  }
}
