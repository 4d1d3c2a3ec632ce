'use strict'

// The commands of the documents: short ones are run; for the others, the script, its options and files have to exist.

const { after, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const { X509Certificate } = require('node:crypto')
const { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const { scripts } = require('../../package.json')
const { addons } = require('../../scripts/addons')
const { BUNDLERS } = require('../../scripts/bundlers/cases')
const { DOCUMENTS, commandsOf } = require('./blocks')

const root = join(__dirname, '../..')
const read = (path) => readFileSync(join(root, path), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-commands-'))

/** The scripts that print their options. The options of the other scripts are looked for in their source. */
const HELPFUL = ['bench', 'bench:stores']

/** Commands that cannot be run, and why. */
const NOT_RUN = {
  'npm ci': 'installs the checkout itself; lockfile.test.js looks at what it reads',
  'npm install': 'the same',
  'npm install koa-session@npm:koa-session-rs': 'needs a published version; `npm run test:egg` does it with the packed one',
  'npx koa-session-rs migrate': 'changes files of an app; the tests of the command do it',
  'npm ls koa-session': 'shows the result of that install'
}

/** Lists the files of folders. */
const filesIn = (...folders) => folders.flatMap((path) =>
  readdirSync(join(root, path), { recursive: true }).map((name) => join(path, name)).filter((file) => statSync(join(root, file)).isFile()))

/** Runs a command in a folder of its own, and returns what it printed. */
function shell (command) {
  const { status, stdout, stderr } = spawnSync(command, { shell: true, cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout
}

/** Checks that package.json has a script, that the script has the options, and that the files exist. */
function checkScript (name, args) {
  assert.ok(Object.hasOwn(scripts, name), `package.json has no script ${name}`)
  if (args === '') return
  const [, file] = /^node (\S+\.js)/.exec(scripts[name])
  const usage = HELPFUL.includes(name) ? execFileSync(process.execPath, [join(root, file), '--help'], { encoding: 'utf8' }) : read(file)
  for (const [option] of args.matchAll(/(?<!\S)--[\w-]+/g)) if (option !== '--help') assert.match(usage, new RegExp(`${option}\\b`))
  for (const [path] of args.matchAll(/\S+\.(?:md|svg)\b/g)) assert.ok(existsSync(join(root, path)), path)
}

/** The commands that are run in a POSIX shell, by their form. */
const SHORT = [
  [/^npx koa-session-rs (\w+)(?: (.+))?$/, (command, name, args = '') => {
    const program = join(root, 'bin/koa-session-rs.js')
    // `migrate` looks at an app; the checkout's tests name each package in every form.
    const app = join(folder, 'app')
    mkdirSync(app, { recursive: true })
    writeFileSync(join(app, 'package.json'), '{ "dependencies": { "koa-session": "7" } }')
    writeFileSync(join(app, 'app.js'), "const session = require('koa-session').default")
    const { status, stdout, stderr } = spawnSync(`"${process.execPath}" "${program}" ${name} ${args}`, { shell: true, cwd: name === 'migrate' ? app : root, encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, { key: /^[\w-]{43}\n$/, doctor: /all is well/, inspect: /^kind:/, migrate: /^--- a\/app\.js\n/ }[name])
  }],
  // options-page.test.js compares the page with what the script makes.
  [/^node (scripts\/\S+)$/, (command, file) => assert.ok(existsSync(join(root, file)), file)],
  [/^node -p .+$/, (command) => assert.match(shell(command), /^[\w-]{43}\n$/)],
  [/^npm pkg set .+$/, (command) => {
    writeFileSync(join(folder, 'package.json'), '{}')
    shell(command)
    const { overrides } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    assert.deepEqual(overrides, { 'koa-session': '$koa-session' })
  }],
  [/^install -m 660 \S+ (\S+)$/, (command, file) => {
    shell(command)
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o660)
  }],
  [/^openssl req .*-out (\S+)$/, (command, file) => {
    shell(command)
    const certificate = new X509Certificate(readFileSync(join(folder, file)))
    assert.equal(certificate.checkHost('redis.example'), 'redis.example')
    assert.equal(certificate.checkIP('10.0.0.5'), '10.0.0.5')
  }]
]

/** The packages of the bundlers that a script installs. */
const bundlers = Object.values(BUNDLERS).flatMap(({ packages }) => Object.keys(packages))

/** The commands that are not run, and what is checked instead. */
const LONG = [
  [/^(?:MODE=\w+ )?npm (?:run )?(start|test|(?<=run )[\w:-]+)(?: -- (.+))?$/, (command, name, args = '') => checkScript(name, args)],
  [/^npm install (?:\S+\/)?(koa-session-rs\S*)$/, (command, name) => assert.ok(addons().some((addon) => addon.name === name))],
  // `npm run test:bundlers` runs these.
  [/^npx (esbuild|vite|bun) .*\bapp\.mjs\b/, (command, name) => assert.ok(bundlers.includes(name), name)],
  [/^node --test (\S+)$/, (command, file) => assert.match(read(file), /require\('node:test'\)/)],
  [/^node (example\/\S+)$/, (command, file) => assert.ok(existsSync(join(root, file)))],
  [/^cargo test --all-features (\w+)$/, (command, name) => {
    assert.ok(filesIn('src', 'tests').some((file) => new RegExp(`#\\[test\\]\\s+fn \\w*${name}`).test(read(file))))
  }],
  [/^cargo \+nightly fuzz run (\w+)$/, (command, name) => assert.ok(existsSync(join(root, `fuzz/fuzz_targets/${name}.rs`)))],
  [/^cargo \+nightly miri test -p koa-session-rs-(\S+)$/, (command, name) => assert.match(read(`${name}/tests/node_api.rs`), /cfg\(miri\)/)]
]

describe('the commands of', () => {
  after(() => rmSync(folder, { recursive: true }))
  const seen = new Set()

  for (const document of DOCUMENTS) {
    for (const command of commandsOf(document)) {
      seen.add(command)
      if (Object.hasOwn(NOT_RUN, command)) continue
      const isShort = SHORT.some(([form]) => form.test(command))
      test(`${document}: ${command}`, { skip: isShort && process.platform === 'win32' && 'for shells of POSIX' }, () => {
        const [form, check] = [...SHORT, ...LONG].find(([form]) => form.test(command)) ?? []
        assert.ok(form, 'no test knows this command: see __test__/documents/commands.test.js')
        check(...form.exec(command))
      })
    }
  }

  test('each command listed as impossible is in a document', () => {
    for (const command in NOT_RUN) assert.ok(seen.has(command), command)
  })
})
