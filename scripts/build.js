'use strict'

// Builds the addons beside package.json:
// node scripts/build.js [--debug] [--only main|sqlite|redis] [napi build arguments] [-- cargo arguments]
// --debug uses cargo's profile `dev`: no optimisation, overflow checks, and seconds for a rebuild.

const { spawnSync } = require('node:child_process')
const { readFileSync } = require('node:fs')
const { dirname, join } = require('node:path')

const root = join(__dirname, '..')

function refuse (...lines) {
  console.error(['koa-session-rs: the addon cannot be built.', ...lines].join('\n  '))
  process.exit(1)
}

// Reads the oldest Rust version that the workspace supports, e.g. '1.89'.
function minimumRust () {
  const found = /^rust-version = "([\d.]+)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))
  if (found === null) refuse('Cargo.toml names no rust-version.')
  return found[1]
}

function isOlder (version, minimum) {
  const [have, want] = [version, minimum].map((text) => text.split('.').map(Number))
  const at = want.findIndex((part, index) => (have[index] ?? 0) !== part)
  return at !== -1 && (have[at] ?? 0) < want[at]
}

function checkTool (tool, minimum) {
  const advice = `Install Rust ${minimum} or newer (https://rustup.rs), then run the command again.`
  const { error, status, stdout, stderr } = spawnSync(tool, ['--version'], { cwd: root, encoding: 'utf8' })
  if (error !== undefined) refuse(`${tool} was not found (${error.code}).`, advice)
  if (status !== 0) refuse(`${tool} --version failed: ${stderr.trim()}`, advice)
  const version = /^\w+ (\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1]
  if (version === undefined) refuse(`${tool} --version says: ${stdout.trim()}`, advice)
  if (isOlder(version, minimum)) refuse(`${tool} is of version ${version}, at least ${minimum} is needed.`, advice)
}

function napiCli () {
  try {
    const manifest = require.resolve('@napi-rs/cli/package.json')
    return join(dirname(manifest), require(manifest).bin.napi)
  } catch {
    refuse('@napi-rs/cli is not installed: run `npm install` with the development dependencies.')
  }
}

// Removes a flag from arguments, and returns whether it was there.
function takeFlag (args, flag) {
  const at = args.indexOf(flag)
  if (at !== -1) args.splice(at, 1)
  return at !== -1
}

// Looks for the CLI first, since the list of addons needs it as well.
function build (args) {
  const cli = napiCli()
  const { chosen, writeNapiManifest } = require('./addons')
  let choice
  try { choice = chosen(args) } catch (error) { refuse(error.message) }
  const { chosenAddons, rest } = choice
  const profile = takeFlag(rest, '--debug') ? [] : ['--release']
  const cut = rest.includes('--') ? rest.indexOf('--') : rest.length
  for (const addon of chosenAddons) {
    const options = ['--platform', ...profile, '--no-js', '--manifest-path', `${addon.folder}/Cargo.toml`,
      '--package-json-path', writeNapiManifest(addon), '--output-dir', '.']
    const { error, signal, status } = spawnSync(process.execPath,
      [cli, 'build', ...options, ...rest.slice(0, cut), '--', '--locked', ...rest.slice(cut + 1)],
      { cwd: root, stdio: 'inherit' })
    if (error !== undefined) refuse(error.message)
    if (status !== 0) refuse(`The build of ${addon.name} ended with ${signal ?? `code ${status}`}.`)
  }
}

const minimum = minimumRust()
for (const tool of ['cargo', 'rustc']) checkTool(tool, minimum)
build(process.argv.slice(2))
