'use strict'

// The lists in the documents are complete and correct.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { existsSync, readFileSync, readdirSync } = require('node:fs')
const { dirname, join } = require('node:path')

const { DOCUMENTS } = require('./documents/blocks')

const root = join(__dirname, '..')

/** The folders with code. */
const SOURCES = ['lib', 'adapters', 'compat', 'stores', 'testing', 'src', 'binding-common/src', 'binding/src', 'binding-sqlite/src', 'binding-redis/src']

const read = (path) => readFileSync(join(root, path), 'utf8')

describe('the README', () => {
  test('has at most 1,800 words', () => {
    assert.ok(read('README.md').split(/\s+/).length <= 1800)
  })

  test('has measured figures with correct ratios', () => {
    const table = /<!-- figures -->\n([^]*?)<!-- \/figures -->/.exec(read('README.md'))[1]
    const rows = table.trim().split('\n').slice(2).map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim()))
    assert.ok(rows.length >= 9)
    for (const [name, ...cells] of rows) {
      for (const cell of cells) assert.match(cell, /^\d+(\.\d+)?x?$/, `${name}: fill in the figures of npm run bench`)
      const [[, most], [least], [low, high]] = cells.map(range)
      const [[under], [, over]] = [cells[0], cells[1]].map(range)
      assert.ok(high >= under / over && low <= most / least, `${name}: ${cells[0]} / ${cells[1]} is not ${cells[2]}`)
    }
  })
})

describe('index.d.ts', () => {
  const types = read('index.d.ts')
  const code = SOURCES.flatMap(filesIn).filter((file) => /\.(js|rs)$/.test(file)).map(read).join()

  for (const [what, pattern] of [['error', /['"](ERR_SESSION_\w+)['"]/g], ['warning', /'(KOA_SESSION_RS_\w+)'/g]]) {
    test(`has each ${what} code, in the type and in its table`, () => {
      const used = new Set(Array.from(code.matchAll(pattern), (match) => match[1]))
      assert.notEqual(used.size, 0)
      const listed = Array.from(types.matchAll(new RegExp(`\\| ${pattern.source}`, 'g')), (match) => match[1])
      assert.deepEqual(listed.sort(), [...used].sort())
      for (const name of used) assert.ok(types.includes(`   * | \`${name}\` | `), name)
    })
  }

  test('has each event, and so has docs/events.md', () => {
    const used = new Set([
      ...Array.from(code.matchAll(/announce\(.*?, '(\w+)'/g), (match) => `session:${match[1]}`),
      'session:missed', 'session:expired', 'session:invalid',
      ...Array.from(code.matchAll(/diagnostics\.channel\('([\w:-]+)'\)/g), (match) => match[1])
    ])
    assert.ok(used.size >= 10)
    assert.deepEqual(Array.from(types.matchAll(/^ {4}'([\w-]+:\w+)': /gm), (match) => match[1]).sort(), [...used].sort())
    for (const name of used) assert.ok(read('docs/events.md').includes(`\`${name}\``), name)
  })
})

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md')

  test('fits one page', () => {
    assert.ok(page.split('\n').length <= 120)
  })

  test('shows each existing folder, and no others', () => {
    const [, picture] = /^## Folders\n[^]*?```\n([^]*?)```/m.exec(page)
    const named = picture.match(/[\w-]+\/(?:[\w-]+\/)?(?=[ ,]| *$)/gm)
    for (const folder of named) assert.ok(existsSync(join(root, folder)) || existsSync(join(root, 'lib/stores', folder)), folder)
    const folders = readdirSync(join(root, 'lib'), { withFileTypes: true })
    for (const entry of folders) assert.ok(entry.isDirectory() && named.includes(`lib/${entry.name}/`), `lib/${entry.name}`)
    for (const source of SOURCES) assert.ok(source === 'lib' || named.some((folder) => `${source}/`.startsWith(folder)), source)
  })

  test('only names existing files', () => {
    const files = [...SOURCES.flatMap(filesIn), ...readdirSync(root)]
    for (const [name] of page.matchAll(/\b[\w./-]+\.(?:js|rs)\b/g)) {
      assert.ok(name.includes('NAME') || files.some((file) => file === name || file.endsWith(`/${name}`)), name)
    }
  })
})

describe('CONTRIBUTING.md', () => {
  test('gives a reason for each dependency, and no others', () => {
    const section = /^## Dependencies\n([^]*)/m.exec(read('CONTRIBUTING.md'))[1]
    const crates = ['Cargo.toml', 'binding-common/Cargo.toml', 'binding/Cargo.toml', 'binding-sqlite/Cargo.toml', 'binding-redis/Cargo.toml'].flatMap(cratesOf)
    const { dependencies, devDependencies } = require('../package.json')
    const used = [...new Set([...crates, ...Object.keys({ ...dependencies, ...devDependencies })])]
    assert.deepEqual([...new Set(firstCells(section))].sort(), used.sort())
  })
})

for (const document of DOCUMENTS) {
  test(`the links of ${document} have existing targets`, () => {
    for (const [, target] of read(document).matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith('https://')) continue
      const [path, anchor] = target.split('#')
      const file = path === '' ? document : join(dirname(document), path)
      assert.ok(existsSync(join(root, file)), `${document}: ${target}`)
      if (anchor !== undefined) assert.ok(anchorsOf(file).includes(anchor), `${document}: ${target}`)
    }
  })
}

for (const document of DOCUMENTS) {
  test(`the files that ${document} names exist`, () => {
    for (const [, path] of read(document).matchAll(/`((?:__test__|scripts|src|tests|lib|benchmark|fuzz|binding[\w-]*)\/[\w./-]*)`/g)) {
      assert.ok(path.includes('NAME') || existsSync(join(root, path)), path)
    }
  })
}

/** Lists the files of a folder and its subfolders. */
function filesIn (folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
}

/** Reads the names in the first column of tables. */
function firstCells (text) {
  const cells = [...text.matchAll(/^\| ((?:`[^`|]+`(?:, )?)+) \|/gm)].map((match) => match[1])
  return cells.join(', ').replaceAll('`', '').split(', ')
}

/** Returns the range of numbers that are rounded to a number. */
function range (text) {
  const number = text.replace('x', '')
  const half = 0.5 / 10 ** (number.split('.')[1]?.length ?? 0)
  return [Number(number) - half, Number(number) + half]
}

function anchorsOf (file) {
  return [...read(file).matchAll(/^#+ (.+)$/gm)]
    .map(([, heading]) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-'))
}

/** Lists the crates that a manifest depends on, except for our own. */
function cratesOf (manifest) {
  const sections = read(manifest).split(/^(?=\[)/m).filter((section) => /^\[(dev-|build-)?dependencies\]/.test(section))
  assert.notEqual(sections.length, 0, manifest)
  return sections.flatMap((section) => [...section.matchAll(/^([\w-]+)[ .]/gm)].map((match) => match[1]))
    .filter((name) => !['koa-session-rs', 'koa-session-rs-binding-common'].includes(name))
}
