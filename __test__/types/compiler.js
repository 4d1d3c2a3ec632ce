'use strict'

const fs = require('node:fs')
const path = require('node:path')

/** The common options of all cases; `types` is needed since TypeScript 6, which no longer includes @types by default. */
const COMMON = { strict: true, noEmit: true, target: 'es2022', lib: ['es2022'], skipLibCheck: false }

/** Declarations that do not change, and take long to check. */
const UNTOUCHED = /\/(?:typescript[0-9]*\/lib|@types\/node|undici-types)\//

/** Runs one version of TypeScript as `tsc` would, and parses each file once. */
class Compiler {
  #ts
  #parsed = new Map()

  /** @param {string} name the package: 'typescript' or an alias of another version */
  constructor (name) {
    this.#ts = require(name)
  }

  /**
   * Compiles files, and returns the errors.
   *
   * @param {string} directory
   * @param {string[]} names
   * @param {object} given compilerOptions as in tsconfig.json
   * @returns {string[]} a line for each error
   */
  check (directory, names, given) {
    const ts = this.#ts
    const { options, errors } = ts.convertCompilerOptionsFromJson({ ...COMMON, ...given }, directory)
    const host = this.#host(options)
    host.getCurrentDirectory = () => directory
    const program = ts.createProgram(names.map(file => path.join(directory, file)), options, host)
    const files = program.getSourceFiles().filter(file => !UNTOUCHED.test(file.fileName))
    const found = files.flatMap(file => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    const faults = [...errors, ...program.getConfigFileParsingDiagnostics(), ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(), ...(options.declaration ? program.getDeclarationDiagnostics() : []), ...found]
    return [...new Set(faults.map(error => this.#line(error, directory)))]
  }

  /**
   * Compiles a file to JavaScript.
   *
   * @param {string} text
   * @param {object} given compilerOptions as in tsconfig.json
   */
  emit (text, given) {
    const { options } = this.#ts.convertCompilerOptionsFromJson({ target: 'es2022', ...given }, '.')
    return this.#ts.transpileModule(text, { compilerOptions: options }).outputText
  }

  #host (options) {
    const host = this.#ts.createCompilerHost(options)
    const read = host.getSourceFile.bind(host)
    const settings = JSON.stringify({ ...options, types: undefined })
    host.getSourceFile = (file, language, ...rest) => {
      const key = `${file}\n${settings}\n${language.impliedNodeFormat}`
      if (!this.#parsed.has(key)) this.#parsed.set(key, read(file, language, ...rest))
      return this.#parsed.get(key)
    }
    return host
  }

  #line (error, directory) {
    const text = this.#ts.flattenDiagnosticMessageText(error.messageText, ' ')
    if (!error.file) return `TS${error.code} ${text}`
    const { line } = error.file.getLineAndCharacterOfPosition(error.start)
    return `${path.relative(directory, error.file.fileName)}:${line + 1} TS${error.code} ${text}`
  }
}

/** Reads the members of interfaces, and the examples, in a declaration file. */
class Declarations {
  #ts = require('typescript')
  #file

  /** @param {string} file */
  constructor (file) {
    const text = fs.readFileSync(file, 'utf8')
    this.#file = this.#ts.createSourceFile(file, text, this.#ts.ScriptTarget.Latest, true)
  }

  /**
   * Lists the members of an interface with their documentation.
   *
   * @param {string} name
   * @returns {Array<{ name: string, type: string, text: string, tags: Record<string, string> }>}
   */
  membersOf (name) {
    const ts = this.#ts
    const found = []
    const visit = (node) => {
      if (ts.isInterfaceDeclaration(node) && node.name.text === name) found.push(...node.members)
      ts.forEachChild(node, visit)
    }
    visit(this.#file)
    return found.map(member => ({ name: member.name.getText(), type: member.type?.getText() ?? '', ...this.#documentation(member) }))
  }

  /** Returns the text of each `@example`, in order. */
  examples () {
    const ts = this.#ts
    const found = []
    const visit = (node) => {
      for (const tag of (node.jsDoc ?? []).flatMap(doc => doc.tags ?? [])) {
        if (tag.tagName.text === 'example') found.push(ts.getTextOfJSDocComment(tag.comment))
      }
      ts.forEachChild(node, visit)
    }
    visit(this.#file)
    return found
  }

  #documentation (node) {
    const ts = this.#ts
    const docs = node.jsDoc ?? []
    const tags = {}
    for (const tag of docs.flatMap(doc => doc.tags ?? [])) tags[tag.tagName.text] = ts.getTextOfJSDocComment(tag.comment) ?? ''
    return { text: docs.map(doc => ts.getTextOfJSDocComment(doc.comment) ?? '').join('\n'), tags }
  }
}

module.exports = { Compiler, Declarations }
