'use strict'

// Builds apps with each bundler of docs/bundling.md, as that page says, and runs them. Prints a line for each result, and exits with 1
// if one is not what the page says: node scripts/bundlers.js [esbuild|webpack|...]
// Installs the packed package with the bundlers, from the registry, into a temporary folder. The addons have to be built.

const { execFileSync, spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const {
  closeSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, realpathSync, renameSync,
  rmSync, writeFileSync
} = require('node:fs')
const { createServer } = require('node:net')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')
const { setTimeout } = require('node:timers/promises')
const { BUNDLERS, PAGE, WAYS, howTo } = require('./bundlers/cases')
const { PLATFORMS, root } = require('./addons')
const npm = require('./npm')

const KOA = `koa@${require('koa/package.json').version}`

/** The longest time of a build or a run. */
const TIMEOUT_MS = 300_000

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'koa-session-rs-bundlers-')))
/** The folder where builds run. Another name hides it from the bundles. */
const work = join(folder, 'work')
/** The packages that a bundle finds beside it. */
const installed = join(folder, 'installed')
/** The folder where bundles run. */
const place = join(folder, 'place')

const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', TMPDIR: join(folder, 'tmp'), NODE_ENV: 'production', NO_COLOR: '1' }
delete env.FORCE_COLOR

let hasFailed = false

function report (name, problem) {
  hasFailed ||= problem !== undefined
  console.log(problem === undefined ? `${name}: as the page says` : `${name}: NOT as the page says: ${problem}`)
}

/** Installs packages into a new folder. */
function install (path, packages) {
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), '{ "private": true }\n')
  npm(['install', '--no-audit', '--no-fund', ...packages], { cwd: path, stdio: ['ignore', 'ignore', 'inherit'] })
}

function pack (script, ...args) {
  return execFileSync(process.execPath, [join(__dirname, script), join(folder, 'packages'), ...args],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim().split('\n')
}

/** Runs a command. Its output goes to a file: Node may exit before a pipe has a long line, such as one of a minified bundle. */
function shell (command, cwd) {
  const file = join(folder, 'output.txt')
  const output = openSync(file, 'w')
  const { status, error } = spawnSync(command, { shell: true, cwd, env, stdio: ['ignore', output, output], timeout: TIMEOUT_MS })
  closeSync(output)
  return { status, output: `${readFileSync(file, 'utf8')}${error ?? ''}` }
}

/** Returns the paths of the binaries in a folder. */
function binariesIn (path) {
  return readdirSync(path, { recursive: true }).filter((name) => name.endsWith('.node')).map((name) => join(path, name))
}

/** Builds, and returns what the build printed. The output is in the folder where bundles run. */
function build (heading, how, setting) {
  const { isServer, output = 'dist' } = BUNDLERS[heading]
  const { command, file, text } = howTo(heading, how, setting)
  for (const path of [place, join(work, output)]) rmSync(path, { recursive: true, force: true })
  for (const name of readdirSync(work)) if (/\.config\.m?js$/.test(name)) rmSync(join(work, name))
  const sources = isServer ? { 'route.mjs': 'app/load/route.js', 'visit.mjs': 'pages/api/visit.js' } : { 'app.mjs': 'app.mjs' }
  for (const [name, path] of Object.entries(sources)) {
    mkdirSync(dirname(join(work, path)), { recursive: true })
    copyFileSync(join(__dirname, 'bundlers', name), join(work, path))
  }
  if (file !== undefined) writeFileSync(join(work, file), text)
  const built = shell(command, work)
  if (existsSync(join(work, output))) renameSync(join(work, output), place)
  return built
}

/** Runs the bundle, and returns { status, output }. */
async function run (heading, { run: command }) {
  const hidden = `${work}-hidden`
  renameSync(work, hidden)
  try {
    return BUNDLERS[heading].isServer ? await visitServer(command) : shell(command, place)
  } finally {
    renameSync(hidden, work)
  }
}

/** Starts a server of Next.js, and visits its routes. The status is 0 if they respond as they should. */
async function visitServer (command) {
  const port = await freePort()
  const [program, ...args] = command.split(' ')
  const server = spawn(program, args, { cwd: place, env: { ...env, PORT: port, HOSTNAME: '127.0.0.1' } })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => { output += chunk })
  try {
    const address = `http://127.0.0.1:${port}`
    const loaded = await fetchFrom(server, `${address}/load`)
    const first = await fetch(`${address}/api/visit`)
    const cookie = first.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
    const second = await fetch(`${address}/api/visit`, { headers: { cookie } })
    const texts = [await loaded.text(), await first.text(), await second.text()]
    const isRight = texts.join() === 'loaded,1,2'
    return { status: isRight ? 0 : 1, output: isRight ? 'visited' : `${texts.join()}\n${output}` }
  } catch (error) {
    return { status: 1, output: `${error}\n${output}` }
  } finally {
    server.kill()
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  }
}

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Fetches from a server that may not listen yet. */
async function fetchFrom (server, address) {
  for (let tries = 0; ; tries++) {
    try {
      return await fetch(address)
    } catch (error) {
      if (tries === 100 || server.exitCode !== null) throw error
      await setTimeout(100)
    }
  }
}

/** Returns what is wrong with a result; undefined if nothing is. */
function difference ({ status, output }, ...texts) {
  const isRight = texts[0] === 'visited' ? status === 0 : status !== 0
  if (isRight && texts.every((text) => output.includes(text))) return undefined
  return `wanted ${texts.join(' and ')}, got code ${status}\n${output.slice(-2000)}`
}

/** Builds and runs as a block of the page says, then without what the bundle needs. */
async function check (heading, how, name) {
  const built = build(heading, how)
  if (built.status !== 0) return report(`${name}: build`, built.output.slice(-2000))
  const isExternal = how.way === WAYS.EXTERNAL
  if (isExternal) {
    if (!how.withKoa) report(`${name}: without the package`, difference(await run(heading, how), 'MODULE_NOT_FOUND'))
    cpSync(join(installed, 'node_modules'), join(place, 'node_modules'), { recursive: true })
    if (!how.withKoa) rmSync(join(place, 'node_modules/koa'), { recursive: true })
  }
  report(`${name}: runs`, difference(await run(heading, how), 'visited'))
  if (isExternal) {
    rmSync(join(place, 'node_modules/koa-session-rs-sqlite'), { recursive: true })
    const result = await run(heading, how)
    report(`${name}: without the package of a store's addon`, difference(result, 'ERR_SESSION_BINDING', "'koa-session-rs-sqlite'"))
  }
  if (how.way === WAYS.INSIDE) {
    for (const path of binariesIn(join(work, 'node_modules')).map(dirname)) if (isOurs(path)) rmSync(path, { recursive: true })
    build(heading, how)
  } else {
    for (const path of binariesIn(place)) rmSync(path)
  }
  report(`${name}: without the binary`, difference(await run(heading, how), how.error ?? 'ERR_SESSION_BINDING'))
}

const isOurs = (path) => PLATFORMS.some((platform) => path.endsWith(platform)) && path.includes('koa-session-rs')

/** Returns the cells of the table rows of the page that are about a bundler, without marks. */
function rowsOf (heading) {
  return readFileSync(join(root, PAGE), 'utf8').split('\n').filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim().replace(/^`|`$|[[\]]|\(#.*?\)/g, '')))
    .filter(([name]) => name.startsWith(heading))
}

async function checkBundler (heading, tarballs) {
  const { builds, packages } = BUNDLERS[heading]
  const [[, version], refused] = rowsOf(heading)
  const [wanted] = Object.values(packages)
  report(`${heading} ${wanted}: version`, version === wanted ? undefined : version)
  rmSync(work, { recursive: true, force: true })
  install(work, [...tarballs, KOA, ...Object.entries(packages).map((pair) => pair.join('@'))])
  for (const how of builds) {
    const name = [heading, wanted, `block ${how.block + 1}`, how.way, how.args].filter(Boolean).join(', ')
    await check(heading, how, name)
    if (how.setting !== undefined) report(`${name}: without the setting`, difference(build(heading, how, how.setting), refused[1]))
  }
}

async function main (names) {
  const unknown = names.find((name) => !Object.hasOwn(BUNDLERS, name))
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(BUNDLERS).join(', ')}`)
  try {
    mkdirSync(env.TMPDIR)
    const tarballs = [...pack('main-package.js'), ...pack('platform-package.js', '--built')]
    install(installed, [...tarballs, KOA])
    for (const heading of names.length > 0 ? names : Object.keys(BUNDLERS)) await checkBundler(heading, tarballs)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  if (hasFailed) process.exitCode = 1
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error)
  process.exitCode = 1
})
