'use strict'

/** Prints, and keeps what was printed for the option --record. */

const { readFileSync, writeFileSync } = require('node:fs')

let lines = []

/** Prints one or several lines immediately. */
function print (text) {
  console.log(text)
  lines.push(text)
}

/** Returns what was printed since the last call. */
function takePrinted () {
  const text = lines.join('\n')
  lines = []
  return text.trim()
}

/**
 * Puts text into a document, between the marks `<!-- NAME -->` and `<!-- /NAME -->`.
 *
 * @param {string} file
 * @param {string} name
 * @param {string} text
 */
function record (file, name, text) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const document = readFileSync(file, 'utf8')
  const [from, to] = [document.indexOf(start), document.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${file} has no place for ${name}: ${start} and ${end}`)
  writeFileSync(file, `${document.slice(0, from + start.length)}\n\`\`\`text\n${text}\n\`\`\`\n${document.slice(to)}`)
}

module.exports = { print, takePrinted, record }
