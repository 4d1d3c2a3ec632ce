'use strict'

/** The packages of the compilers that our types are tested with. */
const COMPILERS = ['typescript', 'typescript5']

/**
 * Compiles a text as if it were a file, and returns the messages of the compiler, also on our declarations that it imports.
 *
 * @param {string} compiler one of COMPILERS
 * @param {string} file its path, which need not exist
 * @param {string} text
 * @returns {string[]}
 */
function diagnose (compiler, file, text) {
  const ts = require(compiler)
  const options = {
    strict: true,
    noEmit: true,
    types: ['node'],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === file || fileExists(name)
  host.getSourceFile = (name, ...rest) => name === file ? ts.createSourceFile(name, text, ...rest) : getSourceFile(name, ...rest)
  const program = ts.createProgram([file], options, host)
  if (program.getSourceFile(file) === undefined) return ['the text was not compiled']
  const own = ts.getPreEmitDiagnostics(program).filter(({ file }) => !file?.fileName.includes('node_modules'))
  return own.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

module.exports = { COMPILERS, diagnose }
