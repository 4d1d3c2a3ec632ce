'use strict'

const { escaped } = require('../escaped')

const CONTEXT = 3

// What a terminal could take for a command. A carriage return is part of a line's end.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]|\r(?!$)/

/**
 * An edit of a text.
 *
 * @typedef {{ start: number, end: number, text: string }} Edit
 */

/** Returns a text with edits, which are sorted and do not overlap. */
function applyEdits (text, edits) {
  let result = ''
  let at = 0
  for (const { start, end, text: replacement } of edits) {
    result += text.slice(at, start) + replacement
    at = end
  }
  return result + text.slice(at)
}

/**
 * Returns the unified diff of a file, as `git apply` and `patch -p1` take it.
 *
 * @param {string} path
 * @param {string} text
 * @param {Edit[]} edits
 * @returns {{ diff: string, isExact: boolean }} isExact: false if control characters of the text are escaped in it
 */
function unifiedDiff (path, text, edits) {
  const lines = linesOf(text)
  const blocks = blocksOf(text, lines, edits)
  let offset = 0
  let isExact = true
  const hunks = groupsOf(blocks, lines).map((group) => {
    const [from, to] = contextOf(group, lines)
    const body = []
    let at = from
    for (const { first, after, replaced } of group) {
      body.push(...lines.slice(at, first).map((line) => ` ${line}`), ...lines.slice(first, after).map((line) => `-${line}`), ...replaced.map((line) => `+${line}`))
      at = after
    }
    body.push(...lines.slice(at, to).map((line) => ` ${line}`))
    const added = group.reduce((sum, { first, after, replaced }) => sum + replaced.length - (after - first), 0)
    const header = `@@ -${range(from, to - from)} +${range(from + offset, to - from + added)} @@\n`
    offset += added
    if (body.some((line) => CONTROL.test(line.replace(/\r?\n$/, '\r')))) isExact = false
    return header + body.map((line) => printed(line)).join('')
  })
  return { diff: `--- ${nameOf(`a/${path}`)}\n+++ ${nameOf(`b/${path}`)}\n${hunks.join('')}`, isExact }
}

/** Divides a text into lines that keep their ends. */
const linesOf = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

const range = (from, count) => `${count === 0 ? from : from + 1}${count === 1 ? '' : `,${count}`}`

/** Returns the lines that change, and what replaces them. */
function blocksOf (text, lines, edits) {
  const blocks = []
  let [first, start, k] = [0, 0, 0]
  while (k < edits.length) {
    while (start + lines[first].length <= edits[k].start) start += lines[first++].length
    let [after, end] = [first, start]
    const own = []
    for (; k < edits.length && (own.length === 0 || edits[k].start < end); k++) {
      own.push(edits[k])
      while (end < edits[k].end || after === first) end += lines[after++].length
    }
    const shifted = own.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }))
    blocks.push({ first, after, replaced: linesOf(applyEdits(text.slice(start, end), shifted)) });
    [first, start] = [after, end]
  }
  return blocks
}

/** Groups the blocks whose context would touch. */
function groupsOf (blocks) {
  const groups = []
  for (const block of blocks) {
    const last = groups.at(-1)?.at(-1)
    if (last && block.first - last.after <= 2 * CONTEXT) groups.at(-1).push(block)
    else groups.push([block])
  }
  return groups
}

function contextOf (group, lines) {
  const [first, after] = [group[0].first, group.at(-1).after]
  return [Math.max(0, first - CONTEXT), Math.min(lines.length, after + CONTEXT)]
}

function printed (line) {
  const isWhole = line.endsWith('\n')
  const [, content, end] = /^([^]*?)(\r?\n?)$/.exec(line)
  const shown = CONTROL.test(content) ? content.split('\t').map(escaped).join('\t') : content
  return `${shown}${end}${isWhole ? '' : '\n\\ No newline at end of file\n'}`
}

/** Quotes a name like git, if it has a control character, a quote or a backslash. A name with a space ends with a tab. */
function nameOf (name) {
  // eslint-disable-next-line no-control-regex
  if (!/[\u0000-\u001f\u007f-\u009f\u2028\u2029"\\]/.test(name)) return name.includes(' ') ? `${name}\t` : name
  const bytes = [...Buffer.from(name)].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    return byte < 0x20 || byte >= 0x7f ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
  })
  return `"${bytes.join('')}"`
}

module.exports = { applyEdits, unifiedDiff }
