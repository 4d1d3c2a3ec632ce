'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { PROJECT, fixture } = require('./workspace')

const APP = `const app = {
  context: {},
  use (middleware) { if (typeof middleware !== 'function' || middleware.length !== 2) throw new Error('no middleware') }
}`
const CJS = { module: 'commonjs' }
const ESM = { module: 'esnext' }
const STRICT = `if (require('koa-session-rs/strict') !== require('koa-session-rs')) throw new Error('another function')
`

/** The kinds of import that the types allow. */
const IMPORTS = [
  ['imports/default.ts', 'default.cjs', { ...CJS, esModuleInterop: true }],
  ['imports/default.ts', 'default-without-interop.cjs', { ...CJS, esModuleInterop: false }],
  ['imports/default.ts', 'default.mjs', ESM],
  ['imports/namespace.ts', 'namespace.cjs', { ...CJS, esModuleInterop: true }],
  ['imports/namespace.ts', 'namespace-without-interop.cjs', { ...CJS, esModuleInterop: false }],
  ['imports/namespace.ts', 'namespace.mjs', ESM],
  ['imports/namespace-call.ts', 'namespace-call.cjs', { ...CJS, esModuleInterop: false }],
  ['imports/equals.ts', 'equals.cjs', CJS]
]

/** Runs each kind of import that the types allow: what compiles has to exist at run time. */
function checkImports (workspace, compiler) {
  const folder = path.join(workspace.root, 'imports')
  fs.mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
  fs.symlinkSync(PROJECT, path.join(folder, 'node_modules', 'koa-session-rs'), 'junction')
  const programs = IMPORTS.map(([from, to, options]) => {
    const text = fixture(from).replace(/^declare const app.*$/m, APP)
    return [to, compiler.emit(text, { ...options, ignoreDeprecations: '6.0' })]
  })
  return [...programs, ['strict.cjs', STRICT]].flatMap(([name, text]) => {
    fs.writeFileSync(path.join(folder, name), text)
    const { status, stderr } = spawnSync(process.execPath, [name], { cwd: folder, encoding: 'utf8' })
    return status === 0 ? [] : [`${name}: ${stderr.split('\n').find(line => /Error/.test(line)) ?? stderr}`]
  })
}

/** Runs publint on the packed package; its suggestions count too. */
async function checkPublint (workspace) {
  const { publint } = await import('publint')
  const { formatMessage } = await import('publint/utils')
  const { messages, pkg } = await publint({ pkgDir: workspace.packed, pack: false, strict: true })
  return messages.map(message => `${message.type}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`)
}

/** Runs arethetypeswrong on the packed package. */
function checkAttw (workspace) {
  const command = fs.realpathSync(path.join(PROJECT, 'node_modules', '.bin', 'attw'))
  const args = [command, workspace.tarball, '--format', 'json', '--no-color']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status === 0) return []
  try {
    const { problems } = JSON.parse(stdout)
    return Object.entries(problems).map(([kind, found]) => `${kind}: ${JSON.stringify(found)}`)
  } catch {
    return [stderr || stdout || `exit status ${status}`]
  }
}

module.exports = { checkImports, checkPublint, checkAttw }
