'use strict'

// Runs the quick tests, which need no database server and no long-running process: node scripts/quick-tests.js [node --test arguments]

const { spawnSync } = require('node:child_process')
const { readdirSync } = require('node:fs')
const { availableParallelism } = require('node:os')
const { join } = require('node:path')

const root = join(__dirname, '..')

/** The folders of __test__ whose tests are quick. */
const FOLDERS = ['base', 'cookie', 'options', 'persistence', 'request', 'session']

/** Quick files in other folders. */
const FILES = ['differential/differential.test.js', 'documents.test.js', 'properties.test.js', 'structure.test.js', 'vectors.test.js']

/** Files in these folders that are not quick: they run for seconds, or start processes. */
const LONG = [
  'base/foreign-clock.test.js', 'options/max-age-fraction.test.js', 'persistence/concurrency.test.js', 'request/failing-hooks.test.js',
  'session/programs.test.js'
]

const inFolders = FOLDERS.flatMap((folder) => readdirSync(join(root, '__test__', folder))
  .filter((name) => name.endsWith('.test.js')).map((name) => `${folder}/${name}`))
const files = [...inFolders.filter((file) => !LONG.includes(file)), ...FILES].map((file) => `__test__/${file}`)

const env = { DIFFERENTIAL_SCRIPTS: '700', SNAPSHOT_CASES: '20000', SNAPSHOT_VISITORS: '50', ...process.env }
const args = ['--test', `--test-concurrency=${availableParallelism()}`, ...process.argv.slice(2), ...files]

if (require.main === module) process.exitCode = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1

module.exports = { files }
