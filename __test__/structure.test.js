'use strict'

const assert = require('node:assert/strict')
const { existsSync, readFileSync, readdirSync } = require('node:fs')
const { dirname, join, relative, resolve, sep } = require('node:path')
const { describe, test } = require('node:test')
const { files: packed } = require('../package.json')

/**
 * The parts of the JavaScript code, from the lowest layer up: a part is a folder, without the parts inside it, or a file.
 * A file imports from its own part, and from the parts of lower layers.
 */
const LAYERS = [
  ['lib/native', 'testing'],
  ['lib/base'],
  ['lib/session', 'lib/cookie'],
  ['lib/options', 'lib/persistence', 'lib/stores'],
  ['lib/request'],
  ['lib/compat'],
  ['index.js', 'revocations.js', 'stores', 'adapters', 'testing/session-cookie.js'],
  ['strict.js', 'testing.js', 'bin', 'compat']
]

const root = join(__dirname, '..')

/** Returns the path from the root, with slashes. */
const pathOf = (file) => relative(root, file).split(sep).join('/')

/** Lists the JavaScript files that the package ships. */
function shipped () {
  const list = packed.flatMap((name) => name.endsWith('/')
    ? readdirSync(join(root, name), { recursive: true }).map((path) => pathOf(join(root, name, path)))
    : name)
  return list.filter((name) => name.endsWith('.js'))
}

/** Returns the relative paths that a text requires, at its start or later. */
function pathsIn (text) {
  const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...code.matchAll(/\brequire\(\s*['"`](\.{1,2}\/[^'"`]+)['"`]\s*\)/g)].map(([, path]) => path)
}

/** Lists the files of the package that a file requires. */
function importsOf (file) {
  const paths = pathsIn(readFileSync(join(root, file), 'utf8')).filter((path) => !/\.(json|node)$/.test(path))
  return paths.map((path) => {
    const place = resolve(root, dirname(file), path)
    const target = [place, `${place}.js`, join(place, 'index.js')].find((each) => each.endsWith('.js') && existsSync(each))
    assert.ok(target !== undefined, `${file} requires ${path}, which is not there`)
    return pathOf(target)
  })
}

/** Returns the innermost part of a file. */
function partOf (file, layers) {
  const parts = layers.flat().filter((part) => file === part || file.startsWith(`${part}/`))
  return parts.sort((a, b) => b.length - a.length)[0]
}

/** Lists the imports that lead neither into the same part nor to a lower layer. */
function forbiddenImports (graph, layers) {
  const layerOf = (part) => layers.findIndex((parts) => parts.includes(part))
  const found = []
  for (const [file, targets] of graph) {
    const from = partOf(file, layers)
    for (const target of targets) {
      const to = partOf(target, layers)
      if (from !== to && layerOf(to) >= layerOf(from)) found.push(`${file} -> ${target}`)
    }
  }
  return found
}

/** Returns the files of an import cycle, which ends with the first file again; undefined if there is none. */
function cycleOf (graph) {
  const done = new Set()
  const way = []
  const visit = (file) => {
    if (done.has(file)) return undefined
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    way.push(file)
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target)
      if (cycle !== undefined) return cycle
    }
    way.pop()
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file)
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the structure', () => {
  const graph = new Map(shipped().map((file) => [file, importsOf(file)]))

  test('each file is in a part', () => {
    assert.deepEqual([...graph.keys()].filter((file) => partOf(file, LAYERS) === undefined), [])
  })

  test('each part that LAYERS lists has files', () => {
    const parts = new Set([...graph.keys()].map((file) => partOf(file, LAYERS)))
    assert.deepEqual(LAYERS.flat().filter((part) => !parts.has(part)), [])
  })

  test('no file imports from a higher layer, or from another part of its own layer', () => {
    assert.deepEqual(forbiddenImports(graph, LAYERS), [])
  })

  test('no import cycle', () => {
    assert.equal(cycleOf(graph)?.join(' -> '), undefined)
  })
})

/** The crates, from the lowest layer up. */
const CRATES = [['.'], ['binding-common'], ['binding', 'binding-sqlite', 'binding-redis']]

/** Lists the Rust modules of a crate, and those that each one uses: `store/redis` is `src/store/redis.rs`. */
function modulesOf (crate) {
  const folder = join(root, crate, 'src')
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.rs') && !name.endsWith('tests.rs'))
  const nameOf = (file) => file.split(sep).join('/').replace(/(?:^lib|\/mod)?\.rs$/, '')
  const names = new Set(files.map(nameOf))
  return new Map(files.map((file) => {
    const paths = usesIn(readFileSync(join(folder, file), 'utf8')).map((path) => moduleAt(path, nameOf(file), names))
    // A module's children are part of it, so their use of it is no cycle.
    return [nameOf(file), paths.filter((name) => name !== undefined && !`${nameOf(file)}/`.startsWith(`${name}/`))]
  }))
}

/** Reads what a Rust text uses of its own crate, each as one path. */
function usesIn (text) {
  const code = text.replace(/\/\/.*$/gm, '').replace(/#\[cfg\(test\)\][^]*$/, '')
  return [...code.matchAll(/\buse ((?:crate|self|super)::[^;]+);/g)].flatMap(([, tree]) => branches(tree.replace(/\s+/g, '')))
}

/** Writes out a tree of uses: `a::{b,c::{d,e}}` is `a::b`, `a::c::d` and `a::c::e`. */
function branches (tree) {
  const inner = /\{([^{}]*)\}/.exec(tree)
  if (inner === null) return [tree]
  const [before, after] = [tree.slice(0, inner.index), tree.slice(inner.index + inner[0].length)]
  const start = Math.max(before.lastIndexOf(','), before.lastIndexOf('{')) + 1
  const flat = inner[1].split(',').map((leaf) => before.slice(start) + leaf).join()
  return before.includes('{') ? branches(before.slice(0, start) + flat + after) : flat.split(',')
}

/** Finds the module that a path leads to: the longest start of the path that is the name of a module. */
function moduleAt (path, from, names) {
  const parts = path.split('::')
  const base = parts[0] === 'crate' ? [] : from.split('/')
  while (['crate', 'self', 'super'].includes(parts[0])) {
    if (parts.shift() === 'super') base.pop()
  }
  const starts = parts.map((_, i) => [...base, ...parts.slice(0, i + 1)].join('/')).reverse()
  return starts.find((start) => names.has(start)) ?? (names.has(base.join('/')) ? base.join('/') : undefined)
}

describe('the structure of the Rust', () => {
  for (const crate of CRATES.flat()) {
    test(`${crate} has no cycle of modules`, () => {
      assert.equal(cycleOf(modulesOf(crate))?.join(' -> '), undefined)
    })

    test(`${crate} depends on crates of lower layers`, () => {
      const manifest = readFileSync(join(root, crate, 'Cargo.toml'), 'utf8')
      const used = [...manifest.matchAll(/\bpath = "([^"]+)"/g)].map(([, path]) => pathOf(resolve(root, crate, path)) || '.')
      const layer = CRATES.findIndex((crates) => crates.includes(crate))
      assert.deepEqual(used.filter((other) => !CRATES.slice(0, layer).flat().includes(other)), [])
    })
  }
})

describe('the test of the structure', () => {
  const layers = [['lib/base'], ['lib/cookie', 'lib/session'], ['index.js']]

  test('finds an import of a higher layer, and one between parts of a layer', () => {
    const graph = new Map([
      ['index.js', ['lib/cookie/codec.js', 'lib/base/errors.js']],
      ['lib/cookie/codec.js', ['lib/cookie/set-cookie.js', 'lib/session/json.js', 'lib/base/errors.js']],
      ['lib/base/errors.js', ['lib/cookie/codec.js']]
    ])
    assert.deepEqual(forbiddenImports(graph, layers), [
      'lib/cookie/codec.js -> lib/session/json.js', 'lib/base/errors.js -> lib/cookie/codec.js'
    ])
  })

  test('finds a cycle, and none in a diamond', () => {
    assert.deepEqual(cycleOf(new Map([['a', ['b']], ['b', ['c']], ['c', ['d', 'b']], ['d', []]])), ['b', 'c', 'b'])
    assert.equal(cycleOf(new Map([['a', ['b', 'c']], ['b', ['d']], ['c', ['d']], ['d', []]])), undefined)
  })

  test('reads calls of require inside functions, and nothing from a comment', () => {
    const text = [
      "const { a } = require('./a')", '// require("./b")', '/**', " * require('./c')", ' */',
      "const d = () => require('../d')", "require('koa')"
    ].join('\n')
    assert.deepEqual(pathsIn(text), ['./a', '../d'])
  })

  test('reads `use` of Rust', () => {
    const text = 'use crate::a::{self, b, c::{D, E}};\nuse super::f; // use crate::g;\n#[cfg(test)]\nmod tests { use crate::h; }'
    assert.deepEqual(usesIn(text), ['crate::a::self', 'crate::a::b', 'crate::a::c::D', 'crate::a::c::E', 'super::f'])
    const names = new Set(['', 'a', 'a/c', 'store/f'])
    assert.equal(moduleAt('crate::a::c::D', 'store/x', names), 'a/c')
    assert.equal(moduleAt('super::f', 'store/x', names), 'store/f')
    assert.equal(moduleAt('crate::Error', 'a', names), '')
  })
})
