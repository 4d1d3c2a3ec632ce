'use strict'

// What `migrate` does not understand, what is only text, what it says, and hostile folders.

const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const { chmodSync, existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { describe, test } = require('node:test')
const fc = require('fast-check')

const { analyse } = require('../../bin/migrate/source')
const { applyEdits, unifiedDiff } = require('../../bin/migrate/diff')
const { replaceFile } = require('../../bin/migrate/files')
const { command } = require('./command')
const { appFolder, bytesOf, migrate, migrated } = require('./app-folder')

const program = join(__dirname, '../../bin/koa-session-rs.js')

const NAMES = ['koa-session', 'koa-session-minimal', 'koa-generic-session']

/** Analyses a text, and returns it with its edits. */
function edited (text, path = 'a.js') {
  const { edits, unclear, notes } = analyse(path, { text, isText: true }, NAMES)
  return { text: applyEdits(text, edits), edits, unclear: unclear.map(({ line, code }) => `${line} ${code}`), notes: notes.map(({ line, code }) => `${line} ${code}`) }
}

/** Texts with a place that is not understood, and what is said about it. Nothing in them is changed. */
const LEFT = [
  ["export * from 'koa-session'", '1 REEXPORT'],
  ["export { default } from 'koa-session'", '1 REEXPORT'],
  ["module.exports = require('koa-session')", '1 USE'],
  ["exports.session = require('koa-session').default", '1 USE'],
  ["export const session = require('koa-session')", '1 USE'],
  ["const a = b = require('koa-session')", '1 USE'],
  ["f(require('koa-session'))", '1 USE'],
  ["const a = { session: require('koa-session') }", '1 USE'],
  ["import('koa-session').then(({ default: s }) => s({ maxage: 1 }, app))", '1 USE'],
  ["const { a = 1 } = require('koa-session')", '1 USE'],
  ["const s = require('koa-session').default || f", '1 USE'],
  ["const s = require('koa-session')\n  || f", '1 USE'],
  ["const s: { a: B } = require('koa-session')", '1 USE', 'a.ts'],
  ["const NAME = 'koa-session'\nrequire(NAME)", '1 NOT_A_LOAD'],
  ['require(`koa-session`)', '1 COMPUTED'],
  // eslint-disable-next-line no-template-curly-in-string
  ['require(`koa-session${x}`)', '1 COMPUTED'],
  // eslint-disable-next-line no-template-curly-in-string
  ['require(`${x}/koa-session`)', '1 COMPUTED'],
  ["require('koa-' + 'session')", '1 COMPUTED'],
  ["import('koa-' + x)", '1 COMPUTED'],
  ["require('koa\\-session')", '1 COMPUTED'],
  ["require('koa\\x2dsession') // koa-session", '1 COMPUTED'],
  ["require('koa-session/lib/context')", '1 SUBPATH'],
  ["require.resolve('koa-session')", '1 NOT_A_LOAD'],
  ["module.require('koa-session')", '1 NOT_A_LOAD'],
  ["jest.mock('koa-session', () => f)", '1 NOT_A_LOAD'],
  ["vi.mock(import('koa-session'))", '1 USE'],
  ["proxyquire('./app', { 'koa-session': fake })", '1 NOT_A_LOAD'],
  ["module.exports = { external: ['koa-session'] }", '1 NOT_A_LOAD'],
  ["const a = { module: 'koa-session' }", '1 NOT_A_LOAD'],
  ["jest.mock('koa-session-minimal')", '1 NOT_A_LOAD'],
  ["export * from 'koa-generic-session'", '1 REEXPORT'],
  ["import { hash } from 'koa-session'", '1 EXPORT'],
  ["const x = require('koa-session').ContextSession2", '1 EXPORT'],
  ["const a = 1\nconst s = require('koa-session'", '2 SYNTAX'],
  ["const s = require('koa-session')\nconst a = 'b", '1 SYNTAX'],
  ["const s = require('koa-session')\n/* a", '1 SYNTAX'],
  ["const s = require('koa-session')\nf([)]", '1 SYNTAX'],
  ["const s = require('koa-session')\nconst a = <p>\nconst b = '</'", '1 SYNTAX'],
  ["const a = <p>\nrequire('koa-session')\n/* </ */ <br/>", '2 SYNTAX', 'a.jsx'],
  ["const a = </p>\nrequire('koa-session')", '2 SYNTAX', 'a.jsx'],
  ["const s = require('koa-session')\nconst a = <T>(x) => x\nconst b = <p></p>", '1 SYNTAX', 'a.tsx'],
  ["declare module 'koa-session' {}", '1 AUGMENTATION', 'a.ts']
]

/** Texts of a `session` from koa-session, the place that is not understood, and whether the option is renamed. */
const PARTS = [
  ['session({ ...rest, maxage: 1 }, app)', ['2 MAXAGE', '2 OPTIONS']],
  ['session({ [name]: 1 }, app)', ['2 OPTIONS']],
  ['session({ maxage: 1, maxAge: 2 }, app)', ['2 MAXAGE']],
  ['session({ get maxage () { return 1 } }, app)', ['2 MAXAGE']],
  ['session({ maxage () { return 1 } }, app)', ['2 MAXAGE']],
  ['session(options(), app)', ['2 OPTIONS']],
  ['session(config.session, app)', ['2 OPTIONS']],
  ['session(...args)', ['2 OPTIONS']],
  ['const C = f()\nsession(C, app)', ['3 OPTIONS']],
  ['var C = { maxage: 1 }\nvar C = f()\nsession(C, app)', ['4 OPTIONS']],
  ['{ const C = { maxage: 1 } }\nsession(C, app)', ['3 OPTIONS']],
  ['const f = session => session({ maxage: 1 }, app)', ['2 SHADOWED']],
  ['const C = { maxage: 1 }\nC.maxage++\nsession(C, app)', ['3 OPTIONS']],
  ['const C = { maxage: 1 }\nC.maxAge = 2\nsession(C, app)', ['3 OPTIONS']],
  ['const C = { maxage: 1 }\nf(C)\nsession(C, app)', ['3 OPTIONS']],
  ['export const C = { maxage: 1 }\nsession(C, app)', ['2 OPTIONS']],
  ['const C = { maxage: 1 }.a\nsession(C, app)', ['3 OPTIONS']],
  ['function f (C) { session(C, app) }\n{ const C = { maxage: 1 } }', ['2 OPTIONS']],
  ['const C = { maxage: 1 }\nfunction f (C) { session(C, app) }', ['3 OPTIONS']],
  ['app.use(mount(session))', ['2 USE']],
  ['export default session', ['2 USE']],
  ['const s = session.default', ['2 USE']],
  ['session.other({ maxage: 1 }, app)', ['2 EXPORT']],
  ['session.call(null, { maxage: 1 }, app)', ['2 EXPORT']],
  ['const f = (session) => session({ maxage: 1 }, app)', ['2 SHADOWED']],
  ['function f ({ a: [session] }) { session({ maxage: 1 }, app) }', ['2 SHADOWED']],
  ['{ const { session } = x; session({ maxage: 1 }, app) }', ['2 SHADOWED']],
  ['try {} catch (session) { session({ maxage: 1 }) }', ['2 SHADOWED']],
  ['function f () { function session () {} session({ maxage: 1 }) }', ['2 SHADOWED']],
  ['x.session({ maxage: 1 }, app); x?.session({ maxage: 1 }); x = { maxage: 1 }; y = { session: 1, session () {} }', []],
  ['session(app, { a: { maxage: 1 }, b: f(maxage) })', []],
  ['session(undefined, app); session(app); session()', []],
  ['const C = { maxAge: 1 }\nC.maxAge = 2\nC.store = f(C.key)\nsession(C, app)', []]
]

/** A prefix of a command, for root: without these capabilities, permissions stop root too. */
const AS_OTHERS = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : []
const isUnstoppable = AS_OTHERS.length > 0 && spawnSync(AS_OTHERS[0], [...AS_OTHERS.slice(1), 'true']).status !== 0

describe('migrate', () => {
  test('leaves a load that it does not understand as it is, and says where', (t) => {
    for (const [text, expected, path] of LEFT) {
      const result = edited(text, path)
      assert.deepEqual([result.text, result.unclear], [text, [expected]], text)
    }
    const folder = appFolder(t, Object.fromEntries(LEFT.map(([text, , path = 'a.js'], i) => [`${i}/${path}`, text])), { 'koa-session': '7', 'koa-generic-session': '2' })
    const { code, codes, before, after } = migrated(t, folder)
    assert.equal(code, 1)
    assert.equal(codes.length, LEFT.length)
    assert.deepEqual(after, before)
  })

  test('leaves options that it does not understand as they are, and says where', () => {
    for (const load of ["const session = require('koa-session')", "import session from 'koa-session'"]) {
      for (const [text, expected] of PARTS) {
        const result = edited(`${load}\n${text}`)
        assert.deepEqual([result.text, result.unclear.sort()], [`${load.replace('koa-session', 'koa-session-rs')}\n${text}`, expected], text)
      }
    }
  })

  test('says which options have a meaning now, and which comments take types', () => {
    const { notes, unclear } = edited("const s = require('koa-session')\ns({\nkeys,\n'seal': 1,\nchunks () {},\nkey: 1 }, app)\n/** @type {import('koa-session').Session} */\n/// <reference types=\"koa-session\" />")
    assert.deepEqual([notes, unclear], [['3 NEW_OPTION', '4 NEW_OPTION', '5 NEW_OPTION', '7 COMMENT', '8 COMMENT'], []])
  })

  test('comments, strings, templates and regular expressions stay', () => {
    for (const text of [
      "// require('koa-session')\n/* import 'koa-session' */", '"require(\'koa-session\')"', "`require('koa-session')`", "/require('koa-session')/.test(x)", "x = a / require / /'koa-session'/g",
      // eslint-disable-next-line no-template-curly-in-string
      "`${a /* require('koa-session') */ } import 'koa-session'`", "console.log('koa-session'); debug('koa-session'); a = { key: 'koa-session', 'name': 'koa-session' }",
      "'see koa-session/readme for more'; './koa-session'; 'my-koa-session'; 'koa-sessions'", "#!/usr/bin/env koa-session require('koa-session')\n", "<p a=\"koa-session\">it's require('koa-session')</p>",
      "require('koa-session-rs'); require('koa-session2'); require('@koa-session/x')", "const a = b ? /'/ : /'koa-session'/"
    ]) assert.deepEqual(edited(text), { text, edits: [], unclear: [], notes: [] }, text)
  })

  test('says which stores need an adapter, and how to use the entries for Express', (t) => {
    const stores = "require('koa-redis')\nrequire('koa-mysql-session')\nrequire('connect-redis')(session)\nimport('keyv')\n"
    const places = (files) => migrate(appFolder(t, files, {})).notes.filter(({ code }) => code === 'STORE').map(({ file, line, message }) => `${file}:${line} ${/connectStore|genericStore|keyvStore/.exec(message)?.[0]}`)
    for (const load of ["'koa-session'", "'koa-session-rs'"]) {
      assert.deepEqual(places({ 'a.js': stores, 'b.js': `const s = require(${load})` }), ['a.js:1 genericStore', 'a.js:2 genericStore', 'a.js:3 connectStore', 'a.js:4 keyvStore'])
    }
    assert.deepEqual(places({ 'a.js': stores, 'b.js': "const s = require('koa-generic-session')" }), ['a.js:1 undefined', 'a.js:2 undefined', 'a.js:3 undefined', 'a.js:4 undefined'])
    assert.deepEqual(places({ 'a.js': stores }), [])
    assert.deepEqual(places({ 'a.js': `${stores}require('koa-session-rs/adapters/generic')`, 'b.js': "const s = require('koa-session')" }), [])
    const folder = appFolder(t, { 'a.js': "const s = require('express-session')\nimport c from 'cookie-session'" }, { 'express-session': '1' })
    const { code, notes, changes } = migrate(folder)
    assert.deepEqual([code, changes, notes.map(({ line, code: each }) => `${line} ${each}`)], [0, [], ['1 RECIPE', '2 RECIPE']])
    for (const name of ['express-session', 'cookie-session']) assert.ok(notes.some(({ message }) => message.includes(`koa-session-rs/compat/${name}`)))
    assert.deepEqual(migrate(appFolder(t, {}, { 'express-session': '1' })).noted, ['RECIPE'])
  })

  test('any text changes only at specifiers and names of options', () => {
    const part = fc.oneof({ arbitrary: fc.string({ unit: 'binary' }), weight: 1 }, {
      arbitrary: fc.constantFrom('require(', "'koa-session'", '"koa-session"', ')', 'import ', ' from ', 'session', 'const ', ' = ', '{', '}', '(', 'maxage', ': 1', ',', '`', '${', '/', '//', '/*', '*/', '\n', '\r\n',
        '<', '</p>', '=>', '.default', 'await ', 'export ', "require('koa-session')", "const session = require('koa-session')\n", 'session({ maxage: 1 }, app)\n', 'C', 'const C = {', 'session(C, app)', "'", '\\', '...', '[', ']', ';'),
      weight: 6
    })
    fc.assert(fc.property(fc.array(part, { maxLength: 30 }), fc.constantFrom('a.js', 'a.ts', 'a.tsx'), (parts, path) => {
      const text = parts.join('')
      const { edits } = analyse(path, { text, isText: true }, NAMES)
      let end = 0
      for (const edit of edits) {
        const from = text.slice(edit.start, edit.end)
        assert.ok(edit.start >= end)
        assert.ok((from === 'koa-session' && edit.text === 'koa-session-rs') || (from === 'maxage' && /^maxAge(?:: maxage)?$/.test(edit.text)))
        end = edit.end
      }
      // A second run has nothing to change.
      assert.deepEqual(analyse(path, { text: applyEdits(text, edits), isText: true }, NAMES).edits, [])
    }), { numRuns: 5000 })
  })

  test('a load inside a comment, string, template or regular expression changes nothing, wherever it is', () => {
    const code = ["const Koa = require('koa')", 'const a = 1 / 2 / 3', 'if (a) { f(`x`) }', "const o = { b: 'c', d: /e/ }", 'class A { m () { return a } }', "const session = require('koa-session')", 'app.use(session({ maxage: 1 }, app))']
    const load = fc.constantFrom("require('koa-session')", "import s from 'koa-session'", "const session = require('koa-session').default; session({ maxage: 1 }, app)")
    const wrap = fc.constantFrom((text) => `// ${text}`, (text) => `/* ${text} */`, (text) => `f("${text}")`, (text) => `f(\`${text}\`)`, (text) => `f(\`a\${b}${text}\`)`, (text) => `f(/${text}/g)`, (text) => `'${text.replaceAll("'", "\\'")}'.length`)
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(code.length), wrap, load), { minLength: 1, maxLength: 5 }), (insertions) => {
      const lines = code.map((line) => [line])
      lines.push([])
      for (const [at, wrapped, text] of insertions) lines[at].unshift(`${wrapped(text)};`.replace(/^(\/\/.*);$/, '$1'))
      const text = lines.flat().join('\n')
      const expected = lines.map((each, i) => i < code.length ? [...each.slice(0, -1), edited(code.join('\n')).text.split('\n')[i]] : each).flat().join('\n')
      assert.deepEqual(edited(text), { ...edited(text), text: expected, unclear: [] })
    }), { numRuns: 500 })
  })
})

describe('migrate, in a folder with anything', () => {
  test('looks at no folder and no file that is not the app\'s source', (t) => {
    const text = "require('koa-session')\n"
    const files = ['node_modules/a.js', 'lib/node_modules/a.js', '.git/a.js', '.hidden/a.js', 'dist/a.js', 'build/a.js', 'coverage/a.js', 'a.txt', 'a.json', 'a.js.map', 'readme.md']
    const folder = appFolder(t, { ...Object.fromEntries(files.map((path) => [path, text])), 'sub/package.json': '{ "dependencies": { "koa-session": "7" } }', 'sub/a.js': text, 'type/package.json': '{ "type": "module" }', 'type/a.js': text })
    mkdirSync(join(folder, 'src'))
    symlinkSync('..', join(folder, 'src/loop'), 'junction')
    symlinkSync('../a.txt', join(folder, 'src/link.js'))
    symlinkSync('gone', join(folder, 'src/gone.ts'))
    const { changes, noted, code } = migrated(t, folder)
    assert.deepEqual([code, changes.map(({ file }) => file), noted], [0, ['type/a.js', 'package.json'], ['OTHER_APP', 'LINK', 'LINK']])
  })

  test('hostile files have a note, or are not understood', { skip: process.platform === 'win32' && 'names that Windows does not have' }, (t) => {
    const load = "const s = require('koa-session')\n"
    const name = 'a\n\u001b[31m"\\ \u009b.js'
    const folder = appFolder(t, {
      [name]: load,
      'ü b.js': load,
      'binary.js': Buffer.from([0, 1, 2, 255]),
      'binary-load.js': Buffer.concat([Buffer.from(load), Buffer.from([255, 0])]),
      'latin1.js': Buffer.concat([Buffer.from(`${load}// `), Buffer.from([0xe9])]),
      'nul.js': `${load}'\0'`,
      'large.js': load + ' '.repeat(1_000_000),
      'empty.js': '',
      'escapes.js': `${load}// \u001b[31m \r x\n`,
      'deep.js': load + '['.repeat(100_000) + ']'.repeat(100_000),
      'calls.js': load + 's(s({maxage:1},'.repeat(10_000) + ')'.repeat(20_000),
      'names.js': load + 's,'.repeat(100_000),
      'arrows.js': load + '(s)=>s;'.repeat(30_000),
      'open.js': load + '`${'.repeat(100_000),
      'words.js': load + "a from 'koa-session' ".repeat(10_000),
      [`${'d/'.repeat(800)}a.js`]: load
    })
    mkdirSync(join(folder, 'folder.js'))
    execFileSync('mkfifo', [join(folder, 'pipe.js')])
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(command(['migrate', folder]).out, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    const { code, codes, noted, changes } = migrate(folder, '--write')
    assert.equal(code, 1)
    const files = codes.map((each) => each.replace(/:\d.*? /, ' '))
    for (const expected of ['binary-load.js BINARY', 'latin1.js BINARY', 'nul.js BINARY', 'open.js SYNTAX', 'words.js NOT_A_LOAD']) assert.ok(files.includes(expected), expected)
    assert.ok(!files.some((each) => /^(?:binary|large|empty|pipe)\.js/.test(each)))
    assert.deepEqual([noted.includes('LARGE'), noted.includes('ESCAPED')], [true, true])
    for (const file of [name, 'ü b.js', `${'d/'.repeat(800)}a.js`]) assert.ok(changes.some((change) => change.file === file), file)
  })

  test('the diff of a file with an odd name can be applied', { skip: process.platform === 'win32' && 'names that Windows does not have' }, (t) => {
    const load = "const s = require('koa-session')\n"
    assert.equal(migrated(t, appFolder(t, { 'a\n\u001b"\\ b.js': load, 'c d.js': load, 'é.js': load })).changes.length, 4)
  })

  test('what cannot be read or written is said, and nothing is left half', { skip: process.platform === 'win32' ? 'needs permissions' : isUnstoppable && 'permissions do not stop root here' }, (t) => {
    const load = "const s = require('koa-session')\n"
    const folder = appFolder(t, { 'a/a.js': load, 'b.js': load, 'c/c.js': load, 'd.js': load })
    chmodSync(join(folder, 'a'), 0o555)
    chmodSync(join(folder, 'b.js'), 0)
    chmodSync(join(folder, 'c'), 0)
    chmodSync(folder, 0o777)
    const [command, ...args] = [...AS_OTHERS, process.execPath, program, 'migrate', folder, '--json', '--write']
    const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
    for (const path of ['a', 'c', 'b.js']) chmodSync(join(folder, path), 0o755)
    const { unclear, notes, changes } = JSON.parse(stdout)
    const places = (list) => list.map(({ file, code }) => `${file} ${code}`)
    assert.deepEqual([status, places(unclear), changes.map(({ file }) => file)], [1, ['a/a.js NOT_WRITTEN', 'package.json NOT_WRITTEN'], ['d.js']])
    assert.deepEqual(places(notes), ['c UNREADABLE', 'b.js UNREADABLE'])
    assert.deepEqual(Object.keys(bytesOf(folder)), ['a/a.js', 'b.js', 'c/c.js', 'd.js', 'package.json'])
  })

  test('a file that has changed since it was read stays', (t) => {
    const folder = appFolder(t, { 'a.js': 'new' })
    assert.throws(() => replaceFile(folder, 'a.js', Buffer.from('old'), 'edited'), { code: 'CHANGED' })
    assert.equal(bytesOf(folder)['a.js'], 'new')
  })

  test('a read-only file stays', (t) => {
    const folder = appFolder(t, { 'a.js': "require('koa-session')\n" })
    chmodSync(join(folder, 'a.js'), 0o444)
    const { code, codes } = migrate(folder, '--write')
    chmodSync(join(folder, 'a.js'), 0o644)
    assert.deepEqual([code, codes], [1, ['a.js:null NOT_WRITTEN', 'package.json:null NOT_WRITTEN']])
    assert.equal(bytesOf(folder)['a.js'], "require('koa-session')\n")
  })

  test('the lines of a hunk count those that earlier hunks add', () => {
    const { diff } = unifiedDiff('a', 'x\n'.repeat(30), [{ start: 0, end: 2, text: '' }, { start: 41, end: 41, text: '\n' }])
    assert.deepEqual(diff.match(/^@@.*$/gm), ['@@ -1,4 +1,3 @@', '@@ -18,7 +17,8 @@'])
  })

  test('leaves no temporary file, and does not write through a link', (t) => {
    const folder = appFolder(t, { 'a.js': "require('koa-session')\n", 'real.json': '{ "dependencies": { "koa-session": "7" } }' })
    execFileSync('rm', [join(folder, 'package.json')])
    symlinkSync('real.json', join(folder, 'package.json'))
    const { code, codes } = migrate(folder, '--write')
    assert.deepEqual([code, codes], [1, ['package.json:null NOT_WRITTEN']])
    assert.ok(lstatSync(join(folder, 'package.json')).isSymbolicLink())
    assert.deepEqual(Object.keys(bytesOf(folder)), ['a.js', 'real.json'])
    assert.ok(existsSync(join(folder, 'real.json')))
    writeFileSync(join(folder, 'real.json'), '{}')
  })
})
