'use strict'

const { fixture } = require('./workspace')

/** Compiler options of apps. TypeScript 5 includes all of node_modules/@types by default, TypeScript 6 only with an option. */
const CONFIGS = {
  'commonjs, TypeScript 5, no interop': {
    typescript: 'typescript5', options: { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: false }
  },
  'commonjs, no interop': {
    options: { module: 'commonjs', esModuleInterop: false, ignoreDeprecations: '6.0', types: ['*'] }
  },
  commonjs: { options: { module: 'commonjs', esModuleInterop: true, types: ['*'] } },
  'node16, CommonJS': { options: { module: 'node16', types: ['*'], exactOptionalPropertyTypes: true } },
  'nodenext, ESM': { type: 'module', options: { module: 'nodenext', types: ['*'] } },
  'nodenext, ESM, TypeScript 5': { typescript: 'typescript5', type: 'module', options: { module: 'nodenext' } },
  bundler: { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler', types: ['*'] } }
}
const isWithoutInterop = (config) => CONFIGS[config].options.esModuleInterop === false

/** Changes the one line that an app has to change. */
const renamed = (text) => text.replaceAll("from 'koa-session'", "from 'koa-session-rs'")
/** Changes that line, and the app's own augmentations of the package. */
const renamedAll = (text) => text.replaceAll("'koa-session'", "'koa-session-rs'")
/** Writes imports for compiler options without default imports of CommonJS packages. */
const required = (text, names) => text.replace(/^import (\w+) from '([^']+)'$/gm, (line, name, from) =>
  names.includes(from) ? `import ${name} = require('${from}')` : line)

const cases = []

/**
 * Adds a case: fixtures compiled in one program.
 *
 * @param {string} name
 * @param {string} folder
 * @param {string} config
 * @param {string[]} files
 * @param {{ edit?: (text: string) => string, options?: object, interop?: string[] }} [how]
 */
function add (name, folder, config, files, { edit = (text) => text, options, interop = ['koa'] } = {}) {
  const { typescript = 'typescript', type = 'commonjs', options: given } = CONFIGS[config]
  const texts = { 'package.json': JSON.stringify({ type }) }
  for (const file of files) {
    const text = edit(fixture(file))
    texts[file.replace('/', '-')] = isWithoutInterop(config) ? required(text, interop) : text
  }
  cases.push({ name: `${name} (${folder}; ${config})`, folder, typescript, texts, options: { ...given, ...options } })
}

function addApps7 () {
  const apps = ['app-7.ts', 'app-7-default-context.ts', 'app-7-own-context.ts']
  for (const app of apps) {
    add(`${app} on koa-session 7.0.2`, 'koa3', 'nodenext, ESM', [app])
    add(`${app} on koa-session-rs`, 'koa3', 'nodenext, ESM', [app], { edit: renamed })
  }
  add('app-7.ts on koa-session 7.0.2', 'koa2', 'commonjs, TypeScript 5, no interop', ['app-7.ts'])
  const rest = ['app-7.ts', 'wrong-options.ts', 'imports/default.ts', 'imports/namespace.ts']
  const commonjs = [...rest, 'imports/equals.ts']
  add('apps', 'koa2', 'commonjs, TypeScript 5, no interop', [...commonjs, 'imports/namespace-call.ts'], { edit: renamed })
  add('apps', 'koa3', 'commonjs, no interop', [...commonjs, 'imports/namespace-call.ts'], { edit: renamed })
  add('apps', 'koa3', 'commonjs', commonjs, { edit: renamed })
  add('apps', 'koa2', 'node16, CommonJS', commonjs, { edit: renamed })
  add('apps', 'koa2', 'nodenext, ESM', commonjs, { edit: renamed })
  add('apps', 'koa3', 'nodenext, ESM, TypeScript 5', commonjs, { edit: renamed })
  add('apps', 'koa2', 'bundler', rest, { edit: renamed })
  const script = { allowJs: true, checkJs: true }
  add('require()', 'koa3', 'node16, CommonJS', ['imports/require.js'], { options: script })
  add('verbatim imports', 'koa3', 'nodenext, ESM', rest.slice(1), { options: { verbatimModuleSyntax: true } })
  add('verbatim require', 'koa3', 'node16, CommonJS', ['imports/equals.ts'], { options: { verbatimModuleSyntax: true } })
}

function addApps6 () {
  const interop = ['koa', 'koa-session', 'koa-session-rs']
  const skipped = { skipLibCheck: true }
  for (const [koa, config] of [['koa2', 'commonjs, TypeScript 5, no interop'], ['koa3', 'nodenext, ESM']]) {
    const old = `${koa}-types6`
    for (const app of ['app-6.ts', 'app-6-session.ts']) {
      add(`${app} on @types/koa-session`, old, config, [app], { interop })
      add(`${app} beside @types/koa-session`, old, config, [app], { interop, edit: renamed })
      add(`${app} beside @types/koa-session, skipLibCheck`, old, config, [app], { interop, edit: renamed, options: skipped })
      add(`${app} without @types/koa-session`, koa, config, [app], { interop, edit: renamedAll })
    }
    add('data named beside @types/koa-session', old, config, ['app-6-named.ts'], { interop })
  }
}

function addExtended () {
  add('options extended', 'koa3', 'nodenext, ESM', ['extended.ts'], { options: { declaration: true } })
  add('options extended', 'koa3', 'nodenext, ESM, TypeScript 5', ['extended.ts'], { options: { declaration: true } })
  add('options extended', 'koa2', 'node16, CommonJS', ['extended.ts'], { options: { exactOptionalPropertyTypes: false } })
  add('options extended', 'koa2', 'bundler', ['extended.ts'])
}

function addTyped () {
  add('data named', 'koa2', 'commonjs, TypeScript 5, no interop', ['app-typed.ts'])
  add('data named', 'koa3', 'node16, CommonJS', ['app-typed.ts'])
  add('data named', 'koa3', 'nodenext, ESM', ['app-typed.ts'])
  add('data named', 'koa2', 'bundler', ['app-typed.ts'])
  add('tests of an app', 'koa2', 'commonjs, TypeScript 5, no interop', ['app-testing.ts'])
  add('tests of an app', 'koa3', 'nodenext, ESM', ['app-testing.ts'])
  add('exported', 'koa3', 'nodenext, ESM', ['exported.ts'], { options: { declaration: true } })
  const interop = ['koa', 'koa-session-rs/strict']
  add('strict', 'koa2', 'commonjs, TypeScript 5, no interop', ['app-strict.ts'], { interop })
  add('strict', 'koa3', 'node16, CommonJS', ['app-strict.ts'])
  add('strict', 'koa3', 'nodenext, ESM', ['app-strict.ts'])
  add('strict', 'koa2', 'bundler', ['app-strict.ts'])
  add('strict, data not named', 'koa3', 'nodenext, ESM', ['app-strict-untyped.ts'])
}

addApps7()
addApps6()
addExtended()
addTyped()

module.exports = { cases }
