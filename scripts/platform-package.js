'use strict'

// Builds the addons, and packs each as a package for its platform:
// node scripts/platform-package.js <folder for the tarballs> [--only main|sqlite|redis] [napi build arguments, e.g. --target <triple>]
// With --built, packs the addons that the checkout has, and builds nothing.

const { execFileSync } = require('node:child_process')
const { copyFileSync, existsSync, mkdirSync } = require('node:fs')
const { dirname, join, resolve } = require('node:path')
const { parseTriple } = require('@napi-rs/cli')
const { chosen, root, writeNapiManifest } = require('./addons')
const npm = require('./npm')

// Returns the platform of a build with these arguments, by its name in npm packages, such as linux-x64-gnu.
function platformOf (args) {
  const given = args.findIndex((arg) => arg === '--target' || arg === '-t')
  const triple = given === -1
    ? /^host: (.+)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))[1]
    : args[given + 1]
  if (!require('../package.json').napi.targets.includes(triple)) {
    throw new Error(`${triple} is none of the targets in package.json`)
  }
  return parseTriple(triple).platformArchABI
}

function stage (addon, platform) {
  const manifest = require.resolve('@napi-rs/cli/package.json')
  const cli = join(dirname(manifest), require(manifest).bin.napi)
  const path = writeNapiManifest(addon)
  execFileSync(process.execPath, [cli, 'create-npm-dirs', '--package-json-path', path, '--npm-dir', dirname(path)],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const folder = join(root, dirname(path), platform)
  const file = `${addon.name}.${platform}.node`
  copyFileSync(join(root, file), join(folder, file))
  // npm always packs a file LICENSE, even if `files` does not list it.
  if (existsSync(join(root, 'LICENSE'))) copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  return folder
}

function pack (out, args) {
  const isBuilt = args.includes('--built')
  const given = args.filter((arg) => arg !== '--built')
  const { chosenAddons, rest } = chosen(given)
  const platform = platformOf(rest)
  if (!isBuilt) execFileSync(process.execPath, [join(__dirname, 'build.js'), ...given], { stdio: ['ignore', 2, 2] })
  mkdirSync(out, { recursive: true })
  return chosenAddons.map((addon) => {
    const cwd = stage(addon, platform)
    const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', resolve(out)], { cwd }))
    return join(out, filename)
  })
}

const [out, ...args] = process.argv.slice(2)
if (out === undefined) throw new Error('name a folder for the tarballs')
console.log(pack(out, args).join('\n'))
