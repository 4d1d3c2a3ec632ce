'use strict'

/*
 * Tests the types as apps see them: `node __test__/types/run.js [words of a name]`.
 * Apps for koa-session 7 and 6 are compiled against these first, so that an error in the app is not taken for one of ours.
 */

const { cases } = require('./cases')
const { Compiler } = require('./compiler')
const { checkExamples, checkOptions } = require('./documentation')
const { checkErrors, checkPlaces } = require('./errors')
const { checkAttw, checkImports, checkPublint } = require('./package-checks')
const { Workspace } = require('./workspace')

const compilers = new Map()

function compilerOf (name) {
  if (!compilers.has(name)) compilers.set(name, new Compiler(name))
  return compilers.get(name)
}

/** Lists the checks: a name, and a function that returns (a promise of) a line for each fault. */
function checks (workspace) {
  const newest = compilerOf('typescript')
  const compiled = cases.map(({ name, folder, typescript, texts, options }, number) => [name, () => {
    const directory = workspace.write(folder, `case-${number}`, texts)
    const files = Object.keys(texts).filter(file => /\.[jt]s$/.test(file))
    return compilerOf(typescript).check(directory, files, options)
  }])
  return [
    ...compiled,
    ['options are documented with their defaults', checkOptions],
    ['examples compile', () => checkExamples(workspace, newest)],
    ['errors name the option', () => checkErrors(workspace, newest)],
    ['errors name the option, TypeScript 5', () => checkErrors(workspace, compilerOf('typescript5'))],
    ['errors are at the option', () => checkPlaces(workspace, newest)],
    ['errors are at the option, TypeScript 5', () => checkPlaces(workspace, compilerOf('typescript5'))],
    ['imports that compile run', () => checkImports(workspace, newest)],
    ['publint', () => checkPublint(workspace)],
    ['arethetypeswrong', () => checkAttw(workspace)]
  ]
}

async function faultsOf (check) {
  try {
    return await check()
  } catch (error) {
    return [error.stack]
  }
}

async function main () {
  const workspace = new Workspace()
  const words = process.argv.slice(2).join(' ')
  let passed = 0
  let failed = 0
  try {
    for (const [name, check] of checks(workspace).filter(([name]) => name.includes(words))) {
      const faults = await faultsOf(check)
      console.log(faults.length === 0 ? `ok      ${name}` : `failed  ${name}`)
      for (const fault of faults) console.log(`        ${fault}`)
      if (faults.length === 0) passed++
      else failed++
    }
  } finally {
    workspace.remove()
  }
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0 || passed === 0) process.exitCode = 1
}

main()
