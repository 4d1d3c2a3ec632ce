'use strict'

// Builds the addon and packs it as the package of its platform:
// node scripts/platform-package.js <folder for the tarball> [napi build arguments, e.g. --target <triple>]

const { execFileSync } = require('node:child_process')
const { copyFileSync, existsSync, mkdirSync } = require('node:fs')
const { dirname, join, resolve } = require('node:path')
const { parseTriple } = require('@napi-rs/cli')
const npm = require('./npm')

const root = join(__dirname, '..')

// Names the platform of a build with these arguments, as npm packages of addons are named: linux-x64-gnu.
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

function stage (platform) {
  const manifest = require.resolve('@napi-rs/cli/package.json')
  const cli = join(dirname(manifest), require(manifest).bin.napi)
  execFileSync(process.execPath, [cli, 'create-npm-dirs'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const folder = join(root, 'npm', platform)
  const addon = `koa-session-rs.${platform}.node`
  copyFileSync(join(root, addon), join(folder, addon))
  // npm packs a licence that lies in the folder, whatever `files` says.
  if (existsSync(join(root, 'LICENSE'))) copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  return folder
}

function pack (out, args) {
  const platform = platformOf(args)
  execFileSync(process.execPath, [join(__dirname, 'build.js'), ...args], { stdio: ['ignore', 2, 2] })
  mkdirSync(out, { recursive: true })
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', resolve(out)], { cwd: stage(platform) }))
  return join(out, filename)
}

const [out, ...args] = process.argv.slice(2)
if (out === undefined) throw new Error('name a folder for the tarball')
console.log(pack(out, args))
