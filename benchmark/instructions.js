'use strict'

/**
 * Counts the instructions of the core's two entry points: `npm run bench:instructions`. Other load on the machine does not change
 * these counts. Callgrind (valgrind) runs benches/instructions.rs twice, with more calls the second time; the difference is the
 * instructions of the calls alone.
 *
 * Callgrind's processor has no SHA and no AVX-512 instructions: use the counts to compare two versions of the core, not as times.
 */

const { execFile } = require('node:child_process')
const { dirname } = require('node:path')
const { promisify } = require('node:util')
const { print, record, takePrinted } = require('./print')
const { isInstalled } = require('./processor')
const { Table } = require('./table')

const SIZES = [100, 1000, 3000]
const ACTIONS = ['open', 'close']

/** The number of calls in the two runs; the first calls fill caches. */
const CALLS = [10, 110]

const run = promisify(execFile)

/** Builds the program, and returns its path. */
async function build () {
  const args = ['bench', '--bench', 'instructions', '--no-run', '--locked', '--message-format=json']
  const { stdout } = await run('cargo', args, { cwd: dirname(__dirname), maxBuffer: 1e8 })
  const built = stdout.trim().split('\n').map((line) => JSON.parse(line))
  return built.find(({ target, executable }) => target?.name === 'instructions' && executable).executable
}

/** Returns the number of instructions of one call. */
async function instructions (program, action, bytes) {
  const counts = []
  for (const calls of CALLS) {
    const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', program, action, bytes, calls].map(String)
    const { stderr } = await run('valgrind', args)
    counts.push(Number(stderr.match(/Collected\s*:\s*(\d+)/)[1]))
  }
  return Math.round((counts[1] - counts[0]) / (CALLS[1] - CALLS[0]))
}

async function main ([option, file]) {
  if (!isInstalled('valgrind')) throw new Error('valgrind is not installed')
  const program = await build()
  const table = new Table(['instructions of a call', ...SIZES.map((bytes) => `${bytes} B`)])
  for (const action of ACTIONS) {
    const counts = []
    for (const bytes of SIZES) counts.push(await instructions(program, action, bytes))
    table.line([action, ...counts.map(String)])
  }
  const { stdout } = await run('rustc', ['--version'])
  print(`\n${stdout.trim()}, ${process.arch}`)
  if (option === '--record') record(file, 'instructions', takePrinted())
}

main(process.argv.slice(2)).catch((err) => {
  console.error(err.message)
  process.exitCode = 1
})
