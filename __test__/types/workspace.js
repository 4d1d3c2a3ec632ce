'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const PROJECT = path.join(__dirname, '..', '..')
const FIXTURES = path.join(__dirname, 'fixtures')

/** Packages whose types import Koa's: each folder below has copies of its own, beside the Koa types of its version. */
const BOUND_TO_KOA = ['@types/koa', '@types/koa-compose']

/** The packages that an app has installed, by the name of its folder. */
const FOLDERS = {
  koa2: { '@types/koa': 'types-koa2' },
  koa3: { '@types/koa': '@types/koa' },
  'koa2-types6': { '@types/koa': 'types-koa2', '@types/koa-session': 'types-koa-session6' },
  'koa3-types6': { '@types/koa': '@types/koa', '@types/koa-session': 'types-koa-session6' }
}

/**
 * A temporary folder of apps that have this package installed as by npm: as packed files, not as a link, since
 * through a link its types would find Koa in this project.
 */
class Workspace {
  /** Makes the folder and packs the package. */
  constructor () {
    this.root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'koa-session-rs-types-'))
    this.tarball = this.#pack()
    this.packed = path.join(this.root, 'packed')
    fs.mkdirSync(this.packed)
    execFileSync('tar', ['-xzf', this.tarball, '-C', this.packed, '--strip-components=1'])
    this.#layOut()
  }

  #pack () {
    const text = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', this.root], {
      cwd: PROJECT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], shell: process.platform === 'win32'
    })
    return path.join(this.root, JSON.parse(text)[0].filename)
  }

  #layOut () {
    for (const name of dependenciesOf('@types/koa')) {
      if (!BOUND_TO_KOA.includes(name)) install(this.root, name)
    }
    install(this.root, 'koa-session')
    copy(locate('zod', locate('koa-session')), this.root, 'zod')
    for (const [folder, packages] of Object.entries(FOLDERS)) {
      const app = path.join(this.root, folder)
      install(app, '@types/koa-compose')
      for (const [name, alias] of Object.entries(packages)) install(app, name, alias)
      fs.cpSync(this.packed, path.join(app, 'node_modules', 'koa-session-rs'), { recursive: true })
    }
  }

  /**
   * Writes fixtures into a folder of their own.
   *
   * @param {string} folder one of FOLDERS
   * @param {string} name of the folder
   * @param {Record<string, string>} texts by file name
   * @returns {string} its path
   */
  write (folder, name, texts) {
    const directory = path.join(this.root, folder, name)
    fs.mkdirSync(directory, { recursive: true })
    for (const [file, text] of Object.entries(texts)) fs.writeFileSync(path.join(directory, file), text)
    return directory
  }

  /** Removes everything. */
  remove () {
    fs.rmSync(this.root, { recursive: true, force: true })
  }
}

/** Reads a fixture. */
function fixture (name) {
  return fs.readFileSync(path.join(FIXTURES, name), 'utf8')
}

function install (folder, name, alias = name) {
  copy(locate(alias), folder, name)
}

function copy (from, folder, name) {
  fs.cpSync(from, path.join(folder, 'node_modules', name), { recursive: true, dereference: true })
}

function locate (name, from = PROJECT) {
  return path.dirname(require.resolve(`${name}/package.json`, { paths: [from] }))
}

/** Lists a package and all that it depends on. */
function dependenciesOf (name, found = new Set()) {
  if (found.has(name)) return found
  found.add(name)
  const { dependencies = {} } = require(path.join(locate(name), 'package.json'))
  for (const dependency of Object.keys(dependencies)) dependenciesOf(dependency, found)
  return found
}

module.exports = { PROJECT, Workspace, fixture }
