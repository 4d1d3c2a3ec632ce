'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { describe, test } = require('node:test')

const { version } = require('../../package.json')
const { command } = require('./command')
const { appFolder, bytesOf, migrate, migrated } = require('./app-folder')

const root = join(__dirname, '../..')

/** Apps: the packages that they depend on, a file, its text, and each [from, to] that changes in it. */
const MAIN = ["'koa-session'", "'koa-session-rs'"]
const APPS = [
  ['koa-session', '^7.0.2', 'app.js', "const session = require('koa-session').default\napp.use(session({ maxage: 1 }, app))\n", MAIN, ['maxage', 'maxAge']],
  ['koa-session', '7', 'app.cjs', "const { createSession: make, SessionOptions } = require('koa-session')\napp.use(make({ 'maxage': 1, key: 'koa-session' }, app))", ["require('koa-session'", "require('koa-session-rs'"], ['maxage', 'maxAge']],
  ['koa-session', '~7.0.0', 'app.mjs', 'import session, { createSession } from "koa-session"\nconst CONFIG = { "maxage": 1 }\napp.use(session(CONFIG, app))\n', ['"koa-session"', '"koa-session-rs"'], ['maxage', 'maxAge']],
  ['koa-session', '^6.4.0', 'app.js', "app.use(require('koa-session')({ maxage, renew: true }, app))\n", MAIN, ['maxage', 'maxAge: maxage']],
  ['koa-session', '6.x', 'app.mjs', "const { default: session } = await import('koa-session')\napp.use(session(app, { maxage: 1 }))\n", MAIN, ['maxage', 'maxAge']],
  ['koa-session', '>=6.0.0 <7', 'app.ts', "import session = require('koa-session')\nimport type { Session } from 'koa-session'\nconst CONFIG: Partial<session.opts> = { maxage: 1 }\napp.use(session<A<B>>(CONFIG, app))\n", [/'koa-session'/g, "'koa-session-rs'"], ['maxage', 'maxAge']],
  ['koa-session', '^7', 'app.mts', "import * as sessions from 'koa-session'\napp.use(sessions.createSession({ maxage: 1 } as any, app))\nlet x: import('koa-session').Session\n", [/'koa-session'/g, "'koa-session-rs'"], ['maxage', 'maxAge']],
  ['koa-session', 'npm:koa-session@7', 'app.tsx', "import session from 'koa-session'\nconst page = <p>it's here: require('koa-session') {session({ maxage: 1 }, app)}</p>\n", ["from 'koa-session'", "from 'koa-session-rs'"], ['maxage', 'maxAge']],
  ['koa-session', '^7', 'app.tsx', "import session from 'koa-session'\nconst f = <T>(x: T) => x\nconst g = <T,>(x: T) => x\n", MAIN],
  ['koa-session', '^6', 'app.ts', "const session: any = require('koa-session') as any\nconst f = <T>(x: T) => x\nconst end = '</T>'\napp.use(session({ maxage: 1 }, app))", MAIN, ['maxage', 'maxAge']],
  ['koa-session', '7.0.0-beta.1', 'app.cts', "const { default: session } = require('koa-session') // the old one\nconst CONFIG = Object.freeze({ maxage: 1 })\nfor (const app of apps) app.use(session(CONFIG, app))\nconsole.log(CONFIG.key)\n", MAIN, ['maxage', 'maxAge']],
  ['koa-session', '^5.13.1', 'app.js', "const session = require('koa-session')\napp.use(session(app))\nconst f = (ctx) => { const session = ctx.session; session.views++; return session }\n", MAIN],
  ['koa-session', '^5.13.1', 'app.js', "import 'koa-session'\nimport session from 'koa-session'\nclass A { session () { return 1 } }\nconst o = { session: 1 }\n", [/'koa-session'/g, "'koa-session-rs'"]],
  ['koa-session-minimal', '^4.0.3', 'app.js', "const session = require('koa-session-minimal')\napp.use(session({ maxage: 1, ...rest }))\n", ['koa-session-minimal', 'koa-session-rs/compat/minimal']],
  ['koa-session-minimal', '3', 'app.ts', "import session from 'koa-session-minimal'\nexport const y = session\n", ['koa-session-minimal', 'koa-session-rs/compat/minimal']],
  ['koa-generic-session', '^2.3.1', 'app.mjs', "import convert from 'koa-convert'\nimport session, { MemoryStore } from 'koa-generic-session'\napp.use(convert(session({ store: new MemoryStore() })))\n", ['koa-generic-session', 'koa-session-rs/compat/generic']],
  ['koa-generic-session', '^2.3.1', 'app.js', "const { MemoryStore } = require('koa-generic-session')\nconst S = require('koa-generic-session').MemoryStore\n", [/koa-generic-session/g, 'koa-session-rs/compat/generic']]
]

describe('migrate', () => {
  for (const [name, range, file, text, ...changes] of APPS) {
    test(`changes an app of ${name} ${range}: ${file}, ${text.split('\n')[0]}`, (t) => {
      const folder = appFolder(t, { [file]: text }, { koa: '3', [name]: range, zod: '1' })
      const { code, codes, noted, after } = migrated(t, folder)
      assert.deepEqual([code, codes, noted.includes('KEY')], [0, [], range.startsWith('^5')])
      assert.equal(after[file], changes.reduce((result, [from, to]) => result.replace(from, to), text))
      assert.deepEqual(Object.entries(JSON.parse(after['package.json']).dependencies), [['koa', '3'], ['koa-session-rs', `^${version}`], ['zod', '1']])
    })
  }

  test('the migrated app runs, and answers with the same cookie', (t) => {
    const folder = appFolder(t, {
      'app.js': `
        Date.now = () => 1e12
        const Koa = require('koa')
        const session = require('koa-session').default
        const CONFIG = { key: 'sess', maxage: 60000 }
        const app = new Koa()
        app.keys = ['a secret']
        app.use(session(CONFIG, app))
        app.use((ctx) => { ctx.session.views = (ctx.session.views || 0) + 1; ctx.body = String(ctx.session.views) })
        const server = app.listen(0, '127.0.0.1', async () => {
          const response = await fetch('http://127.0.0.1:' + server.address().port)
          console.log(JSON.stringify([response.status, await response.text(), response.headers.getSetCookie(), Object.keys(require.cache).some((path) => path.endsWith('.node'))]))
          server.close()
          server.closeAllConnections()
        })`
    })
    mkdirSync(join(folder, 'node_modules'))
    for (const [name, target] of [['koa', dirname(require.resolve('koa/package.json'))], ['koa-session', dirname(require.resolve('koa-session/package.json'))], ['koa-session-rs', root]]) {
      symlinkSync(target, join(folder, 'node_modules', name), 'junction')
    }
    const answer = () => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--no-deprecation', 'app.js'], { cwd: folder, encoding: 'utf8' })
      return [JSON.parse(stdout), /maxage/.test(stderr)]
    }
    const [[status, body, cookies, isNative], warned] = answer()
    assert.deepEqual([status, body, cookies.length, isNative, warned], [200, '1', 2, false, true])
    assert.equal(migrate(folder, '--write').code, 0)
    assert.deepEqual(answer(), [[200, '1', cookies, true], false])
  })

  test('line ends, a byte order mark, the mode and a missing last line end stay', (t) => {
    const text = "\ufeffconst session = require('koa-session')\r\nconst text = `a\r\nb`\r\nmodule.exports = 1"
    const folder = appFolder(t, { 'bin/a b.js': `#!/usr/bin/env node\nconst s = require('koa-session')\n${'\n'.repeat(20)}s({ maxage: 1 }, app)\n${'\n'.repeat(4)}s({ maxage: 1 }, app)`, 'crlf.js': text, 'package.json': '\ufeff{\r\n\t"dependencies": {\r\n\t\t"koa-session": "7"\r\n\t}\r\n}' })
    chmodSync(join(folder, 'bin/a b.js'), 0o777)
    const { code, before, after, changes } = migrated(t, folder)
    assert.equal(code, 0)
    assert.equal(after['crlf.js'], before['crlf.js'].replace('koa-session', 'koa-session-rs'))
    assert.equal(after['package.json'], before['package.json'].replace('"koa-session": "7"', `"koa-session-rs": "^${version}"`))
    assert.equal(changes.find(({ file }) => file === 'bin/a b.js').diff.match(/^@@ /gm).length, 2)
    if (process.platform !== 'win32') assert.equal(statSync(join(folder, 'bin/a b.js')).mode & 0o777, 0o777)
  })

  test('the output names places, and JSON has the same', (t) => {
    const folder = appFolder(t, { 'app.js': "const session = require('koa-session')\napp.use(session({\n  seal: true\n}, app))\nexport * from 'koa-session'\n" })
    const { code, out } = command(['migrate', folder])
    assert.equal(code, 1)
    assert.match(out, /^--- a\/app\.js\n\+\+\+ b\/app\.js\n@@ -1,4 \+1,4 @@\n/)
    assert.match(out, /^ {2}app\.js:3: .*\(NEW_OPTION\)$/m)
    assert.match(out, /^ {2}app\.js:5: .*\(REEXPORT\)$/m)
    const { changes, notes, unclear } = migrate(folder)
    assert.deepEqual(changes.map(({ file }) => file), ['app.js', 'package.json'])
    assert.deepEqual(notes.map(({ file, line, code }) => [file, line, code]), [['app.js', 3, 'NEW_OPTION'], ['package.json', 5, 'KEPT']])
    assert.deepEqual(unclear.map(({ file, line, code }) => [file, line, code]), [['app.js', 5, 'REEXPORT']])
  })

  test('takes the current folder by default', (t) => {
    const folder = appFolder(t, { 'app.js': "require('koa-session')\n" })
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'bin/koa-session-rs.js'), 'migrate', '--write'], { cwd: folder, encoding: 'utf8' })
    assert.deepEqual([status, stdout.split('\n')[0], readFileSync(join(folder, 'app.js'), 'utf8')], [0, '--- a/app.js', "require('koa-session-rs')\n"])
  })
})

describe('migrate, in package.json', () => {
  const range = `^${version}`
  const packageAfter = (t, text, files = { 'app.js': "require('koa-session')\nrequire('koa-session-minimal')\n" }) => {
    const result = migrated(t, appFolder(t, { ...files, 'package.json': text }))
    return [result.after['package.json'], result]
  }

  test('keeps the indentation, the order and all else', (t) => {
    for (const [before, after] of [
      ['{"dependencies":{"koa-session":"7"}}', `{"dependencies":{"koa-session-rs":"${range}"}}`],
      ['{ "1": 1, "dependencies": { "z": "1", "koa-session": "7", "a": "1" }, "0": 1.50 }\n', `{ "1": 1, "dependencies": { "z": "1", "koa-session-rs": "${range}", "a": "1" }, "0": 1.50 }\n`],
      ['{\n    "dependencies": {\n        "koa-session" : "7",\n        "koa-session-minimal": "4"\n    }\n}\n', `{\n    "dependencies": {\n        "koa-session-rs" : "${range}"\n    }\n}\n`],
      ['{\n  "devDependencies": {\n    "koa-session-minimal": "4",\n    "a": "1"\n  },\n  "dependencies": {\n    "koa-session": "7"\n  }\n}', `{\n  "devDependencies": {\n    "a": "1"\n  },\n  "dependencies": {\n    "koa-session-rs": "${range}"\n  }\n}`],
      ['{\n  "devDependencies": {\n    "koa-session": "7",\n    "koa-session-minimal": "4"\n  }, "dependencies": { "koa-session-rs": "1" }\n}', '{\n  "devDependencies": {}, "dependencies": { "koa-session-rs": "1" }\n}'],
      ['{ "name": "koa-session", "dependencies": { "koa": "2" }, "devDependencies": 1 }', '{ "name": "koa-session", "dependencies": { "koa": "2" }, "devDependencies": 1 }']
    ]) {
      const [text, { code }] = packageAfter(t, before)
      assert.deepEqual([text, code], [after, 0])
    }
  })

  test('keeps a package that a place which is not understood may load', (t) => {
    const files = { 'a.js': "require('koa-session')\n", 'b.js': "export * from 'koa-session'\n" }
    for (const [before, after] of [
      ['{\n  "dependencies": {\n    "a": "1",\n    "koa-session": "7"\n  }\n}\n', `{\n  "dependencies": {\n    "a": "1",\n    "koa-session": "7",\n    "koa-session-rs": "${range}"\n  }\n}\n`],
      ['{"dependencies":{"koa-session":"7","z":"1"}}', `{"dependencies":{"koa-session":"7", "koa-session-rs": "${range}","z":"1"}}`]
    ]) {
      const [text, { code, noted }] = packageAfter(t, before, files)
      assert.deepEqual([text, code, noted.includes('KEPT')], [after, 1, true])
    }
  })

  test('keeps a package that a file which is not understood names', (t) => {
    const { after, noted } = migrated(t, appFolder(t, { 'a.js': "require('koa-session')\n", 'b.js': "const s = require('koa-session'" }))
    assert.ok(noted.includes('KEPT'))
    assert.deepEqual(Object.keys(JSON.parse(after['package.json']).dependencies), ['koa', 'koa-session', 'koa-session-rs'])
  })

  test('keeps a package that no file loads, beside koa-session-rs', (t) => {
    const { changes, noted } = migrate(appFolder(t, { 'a.js': "require('koa-session-rs')\n" }, { 'koa-session': '7', 'koa-session-rs': '1' }))
    assert.deepEqual([changes, noted], [[], ['NOT_LOADED']])
  })

  test('replaces the dependency after a run that was interrupted', (t) => {
    const folder = appFolder(t, { 'app.js': "require('koa-session-rs')\n" })
    assert.deepEqual(migrated(t, folder).changes.map(({ file }) => file), ['package.json'])
  })

  test('leaves what is not understood: duplicate keys, versions and a Koa that are not known', (t) => {
    for (const [text, expected] of [
      ['{ "dependencies": { "koa-session": "^4.1.0" } }', 'package.json:1 VERSION'],
      ['{ "dependencies": { "koa": "1", "koa-session": "^3" } }', 'package.json:1 KOA'],
      ['[]', 'package.json:1 JSON'], ['', 'package.json:1 JSON'], ['{ "a": ', 'package.json:1 JSON'], ['null', 'package.json:1 JSON'], ['['.repeat(200_000), 'package.json:1 JSON']
    ]) {
      const { code, codes, before, after } = migrated(t, appFolder(t, { 'package.json': text }))
      assert.deepEqual([code, codes, after], [1, [expected], before], text.slice(0, 100))
    }
    const app = { 'app.js': "require('koa-session')" }
    const old = migrated(t, appFolder(t, { ...app, 'package.json': '{ "dependencies": { "koa-session": "^4.1.0" } }' }))
    assert.deepEqual([old.codes, old.after], [['package.json:1 VERSION'], old.before])
    const twice = migrated(t, appFolder(t, { ...app, 'package.json': '{ "dependencies": { "koa-session": "7", "koa-session": "6" } }' }))
    assert.deepEqual([twice.codes, twice.after['package.json']], [['package.json:1 MANIFEST'], twice.before['package.json']])
  })

  test('notes what else is about the packages', (t) => {
    const files = { 'app.js': "const session = require('koa-session')\n", 'node_modules/other/package.json': '{ "dependencies": { "koa-session": "6" } }', 'node_modules/@a/b/package.json': '{', 'node_modules/@a/c/package.json': 'null' }
    for (const [manifest, expected] of [
      [{ dependencies: { 'koa-session': 'latest' } }, ['VERSION', 'DEPENDENT']],
      [{ dependencies: { 'koa-session': 'npm:koa-session-rs@*' } }, ['ALIAS']],
      [{ dependencies: {} }, ['NOT_LISTED', 'DEPENDENT']],
      [{ dependencies: { 'koa-session': '7', 'koa-session-minimal': '4' }, devDependencies: { '@types/koa-session': '6' } }, ['NOT_LOADED', 'TYPES', 'DEPENDENT']],
      [{ dependencies: { 'koa-session': '7', egg: '4' }, peerDependencies: { 'koa-session': '7' }, jest: { moduleNameMapper: { 'koa-session': 'x' } } }, ['FIELD', 'FIELD', 'DEPENDENT', 'DEPENDENT']]
    ]) {
      const { code, noted } = migrate(appFolder(t, { ...files, 'package.json': JSON.stringify(manifest) }))
      assert.deepEqual([code, noted], [0, expected], JSON.stringify(manifest))
    }
  })

  test('a folder without it, or in which it cannot be read, is wrong usage', (t) => {
    const folder = appFolder(t, { 'a/app.js': '', 'b/package.json/x': '', 'c/package.json': Buffer.from([0x7b, 0xff, 0x7d]) })
    writeFileSync(join(folder, 'file'), '')
    for (const path of ['a', 'b', 'c', 'd', 'file', 'a\0b']) {
      const { code, out, err } = command(['migrate', join(folder, path)])
      assert.deepEqual([code, out, err.split('\n').length], [2, '', 2], path)
    }
    assert.deepEqual(Object.keys(bytesOf(folder)).length, 5)
  })
})
