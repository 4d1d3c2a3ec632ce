'use strict'

const { existsSync, mkdirSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { parseTriple } = require('@napi-rs/cli')
const manifest = require('../package.json')

const root = join(__dirname, '..')

/** The addons by their name in `--only`: the folder of the sources, and the package. */
const ADDONS = {
  main: { folder: 'binding', name: manifest.name, description: manifest.description },
  sqlite: {
    folder: 'binding-sqlite',
    name: `${manifest.name}-sqlite`,
    entry: `${manifest.name}/stores/sqlite`,
    description: `The native addon of ${manifest.name}/stores/sqlite`
  },
  redis: {
    folder: 'binding-redis',
    name: `${manifest.name}-redis`,
    entry: `${manifest.name}/stores/redis`,
    description: `The native addon of ${manifest.name}/stores/redis`
  }
}

/**
 * Returns the addons of this checkout.
 *
 * @param {string} [only] the name of a single addon
 * @returns {{ folder: string, name: string, entry?: string, description: string }[]} entry: the entry point of the main package
 * that loads the addon; undefined for the main package's own addon
 */
function addons (only) {
  if (only === undefined) return Object.values(ADDONS).filter(({ folder }) => existsSync(join(root, folder, 'Cargo.toml')))
  if (!Object.hasOwn(ADDONS, only)) throw new Error(`--only takes ${Object.keys(ADDONS).join(', ')}`)
  return [ADDONS[only]]
}

/** Removes `--only <name>` from arguments: returns the selected addons, and the other arguments. */
function chosen (args) {
  const at = args.indexOf('--only')
  if (at === -1) return { chosenAddons: addons(), rest: args }
  return { chosenAddons: addons(String(args[at + 1])), rest: [...args.slice(0, at), ...args.slice(at + 2)] }
}

/** The platforms with a prebuilt binary, by their names in npm packages, such as linux-x64-gnu. */
const PLATFORMS = manifest.napi.targets.map((triple) => parseTriple(triple).platformArchABI)

/** Writes the manifest that napi reads for an addon into a folder that git ignores, and returns its path in the checkout. */
function writeNapiManifest ({ name, description }) {
  const { version, keywords, license, engines, repository, napi } = manifest
  const folder = join('npm', name)
  mkdirSync(join(root, folder), { recursive: true })
  const path = join(folder, 'package.json')
  writeFileSync(join(root, path), JSON.stringify({
    name, version, description, keywords, license, engines, repository, napi: { ...napi, binaryName: name, packageName: name }
  }))
  return path
}

module.exports = { PLATFORMS, addons, chosen, root, writeNapiManifest }
