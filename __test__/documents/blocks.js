'use strict'

// The code in the documents: blocks, and commands for the shell.

const { readFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '../..')

/** Every document of the project, except for the issue templates, which are forms. */
const DOCUMENTS = [
  'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', '.github/PULL_REQUEST_TEMPLATE.md',
  ...pagesIn('docs'), ...pagesIn('docs/migrating'), ...pagesIn('example/migrating')
]

const BLOCK = /^```(\w*)\n([^]*?)^```$/gm

/** Matches the beginning of a command, for code in sentences. */
const COMMAND = /^(?:[A-Z_]+=\S* )*(?:cargo|curl|docker|git|install|node|npm|npx|openssl|rustup) /

function pagesIn (folder) {
  return readdirSync(join(root, folder)).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`)
}

const read = (document) => readFileSync(join(root, document), 'utf8')

/**
 * Lists the code blocks of a document.
 *
 * @param {string} document
 * @param {string} [language] only blocks of this language
 * @returns {Array<{ language: string, code: string, heading: string, line: number }>} `heading`: the one above the block
 */
function blocksOf (document, language) {
  const text = read(document)
  const blocks = [...text.matchAll(BLOCK)].map((match) => ({
    language: match[1],
    code: match[2],
    heading: text.slice(0, match.index).match(/^#+ .+$/gm).at(-1).replace(/^#+ /, ''),
    line: text.slice(0, match.index).split('\n').length + 1
  }))
  return language === undefined ? blocks : blocks.filter((block) => block.language === language)
}

/** Returns one side of a diff block: `-` before the change, `+` after it. */
function side (code, sign) {
  return code.split('\n').filter((line) => line === '' || line[0] === ' ' || line[0] === sign).map((line) => line.slice(1)).join('\n')
}

/** Lists the commands of a document, each once: the lines of its blocks for the shell, and those in its sentences. */
function commandsOf (document) {
  const shell = blocksOf(document, 'sh').flatMap(({ code }) => code.replace(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/(^| +)# .*/, '')).filter((line) => line !== '').flatMap((line) => line.split(' && '))
  const inline = [...read(document).replace(BLOCK, '').matchAll(/`([^`]+)`/g)]
    .map(([, code]) => code.replace(/\s+/g, ' ')).filter((code) => COMMAND.test(code))
  return [...new Set([...shell, ...inline])]
}

module.exports = { DOCUMENTS, blocksOf, commandsOf, side }
