'use strict'

// Makes docs/options.md of the comments in index.d.ts: node scripts/options-page.js

const { writeFileSync } = require('node:fs')
const { join } = require('node:path')

const { Declarations } = require('../__test__/types/compiler')

const root = join(__dirname, '..')

/** The page. */
const PAGE = 'docs/options.md'

/** The options by what they are for, in the order of the page. Those of no list are the last one's. */
const GROUPS = [
  ['Lifetime', ['maxAge', 'maxage', 'rolling', 'renew', 'rollUntouched', 'touchAfter', 'absoluteTimeout', 'idleTimeout', 'configMaxAge', 'storeMaxAge']],
  ['The cookie', ['key', 'signed', 'keys', 'seal', 'chunks', 'encode', 'decode', 'overwrite', 'clearOnlySent', 'early', 'cacheControl']],
  ['Attributes of the cookie', ['httpOnly', 'secure', 'sameSite', 'domain', 'path', 'expires', 'priority', 'partitioned', 'secureProxy']],
  ['The store', ['store', 'ContextStore', 'externalKey', 'merge', 'lazy', 'onStoreError']],
  ['Ids', ['genid', 'prefix', 'idBytes', 'idPattern']],
  ['Users and safety', ['subject', 'label', 'maxSessions', 'revocations', 'hardened']],
  ['The request', ['autoCommit', 'as', 'ignore', 'valid', 'beforeSave', 'underscoreKeys']]
]

const HEAD = `# Options

\`session(options, app)\` takes these options. \`undefined\` and \`null\` mean the default; only for \`path\` they mean a cookie without that
attribute. The options are read again on each request. This page is made of the comments in [index.d.ts](../index.d.ts), by
\`node scripts/options-page.js\`.
`

/** Returns a text of a comment as Markdown: a link names its target, and lines are as the comment has them. */
const prose = (text) => text.replace(/\{@link (?:session\.)?([\w.]+)\}/g, '`$1`').trim()

/** Returns the first sentence of a text, on one line. */
function summaryOf (text) {
  // A colon within code, as in `a: b`, ends no sentence.
  const [first] = /^(?:`[^`]*`|[^`])*?[.:](?=\s|$)/.exec(prose(text)) ?? [prose(text)]
  return first.replace(/\s+/g, ' ').replace(/:$/, '.').replaceAll('|', '\\|')
}

const typeOf = (type) => type.replace(/\s*\|\s*undefined\b/g, '').replace(/\s+/g, ' ')

/** Returns the default as Markdown: a value as code, and a sentence as it is. */
function defaultOf ({ default: text }) {
  if (text === undefined || text === 'undefined') return ''
  const [, value, rest] = /^undefined(: )?([^]*)$/.exec(text) ?? []
  if (value !== undefined) return rest.replace(/\s+/g, ' ')
  return /^(?:'[^']*'|true|false|\d+)$/.test(text) ? `\`${text}\`` : text.replace(/\s+/g, ' ')
}

function rowOf ({ name, text, tags }) {
  const summary = 'deprecated' in tags ? `Deprecated. ${summaryOf(text)}` : summaryOf(text)
  const shown = 'deprecated' in tags ? `\`${name}\`` : `[\`${name}\`](#${name.toLowerCase()})`
  return `| ${shown} | ${defaultOf(tags).replaceAll('|', '\\|')} | ${summary} |`
}

/** Returns the section of an option; none for a deprecated one, whose line in the table says it all. */
function sectionOf ({ name, type, text, tags }) {
  if ('deprecated' in tags) return []
  const facts = [`Type: \`${typeOf(type)}\`.`]
  if (defaultOf(tags)) facts.push(`Default: ${defaultOf(tags)}.`)
  const parts = [`### ${name}`, prose(text), facts.join(' ')]
  if (tags.throws) parts.push(`Throws: ${prose(tags.throws)}`)
  if (tags.example) parts.push(`\`\`\`ts\n${tags.example.trim()}\n\`\`\``)
  return [parts.join('\n\n')]
}

/** Returns the text of the page. */
function page () {
  const declared = new Declarations(join(root, 'index.d.ts'))
  const options = new Map([...declared.membersOf('SessionOptions'), ...declared.membersOf('CookieAttributes')]
    .map((option) => [option.name.replaceAll(/['"]/g, ''), option]))
  const listed = new Set(GROUPS.flatMap(([, names]) => names))
  const others = [...options.keys()].filter((name) => !listed.has(name))
  const groups = GROUPS.map(([title, names], i) => [title, [...names, ...(i === GROUPS.length - 1 ? others : [])].map((name) => options.get(name))])
  const tables = groups.map(([title, members]) =>
    `## ${title}\n\n| option | default | |\n|---|---|---|\n${members.map(rowOf).join('\n')}\n\n${members.flatMap(sectionOf).join('\n\n')}\n`)
  return [HEAD, ...tables].join('\n')
}

if (require.main === module) writeFileSync(join(root, PAGE), page())

module.exports = { PAGE, page }
