'use strict'

const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const ts = require('typescript')

/** The interfaces of index.d.ts that have the options. */
const INTERFACES = ['SessionOptions', 'CookieAttributes']

/** Reads the names of the options from the types. */
function optionNames () {
  const text = readFileSync(join(__dirname, '../../index.d.ts'), 'utf8')
  const names = []
  const visit = (node) => {
    if (ts.isInterfaceDeclaration(node) && INTERFACES.includes(node.name.text)) {
      names.push(...node.members.map((member) => member.name.text))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.Latest, true))
  return names
}

module.exports = { optionNames }
