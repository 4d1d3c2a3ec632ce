'use strict'

// Installs tarballs into an empty folder, and runs a Koa app there, with require, with import, and with each store:
// node scripts/install-check.js <main packages> <platform packages>

const Installation = require('./installation')

const installation = new Installation(process.argv.slice(2))
try {
  for (const program of ['require.js', 'import.mjs', 'memory.js', 'sqlite.js', 'redis.js']) {
    const { status, signal, stdout, stderr } = installation.node(program)
    process.stdout.write(`${program} on ${process.platform}-${process.arch}, Node ${process.version}: ${stdout}`)
    process.stderr.write(stderr)
    if (status !== 0) {
      console.error(`${program} ended with ${signal ?? `code ${status}`}`)
      process.exitCode = 1
    }
  }
} finally {
  installation.remove()
}
