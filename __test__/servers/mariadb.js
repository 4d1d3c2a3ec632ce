'use strict'

/**
 * A MariaDB server for tests.
 *
 *   const { skip, start } = require('../servers/mariadb')
 *   const mariadb = await start()
 *   mysql2.createPool(mariadb.options)      // { host, port, user, password, database }
 *   await mariadb.stop()
 */

const { writeFileSync } = require('node:fs')
const { join } = require('node:path')

const { ServerProcess, find, requirePrograms, run, skipWithout, temporaryDirectory } = require('./process')

const programs = { mariadbd: find('mariadbd'), 'mariadb-install-db': find('mariadb-install-db') }

/** The reason to skip tests, or false. */
const skip = skipWithout(programs)

const PASSWORD = 'a password'
const DATABASE = 'sessions'

const SETUP = `
CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS test@'127.0.0.1' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON ${DATABASE}.* TO test@'127.0.0.1';
`

/** The server refuses to run as root without this option. */
const AS_ROOT = process.getuid?.() === 0 ? ['--user=root'] : []

/** A running server: a ServerProcess (port, kill, pause, resume, restart, stop), with the options of a client. */
class MariadbServer extends ServerProcess {
  get options () {
    return { host: '127.0.0.1', port: this.port, user: 'test', password: PASSWORD, database: DATABASE }
  }
}

/** @returns {Promise<MariadbServer>} with an empty database */
async function start () {
  requirePrograms(programs)
  const directory = temporaryDirectory('mariadb')
  const datadir = join(directory, 'data')
  const setup = join(directory, 'setup.sql')
  writeFileSync(setup, SETUP)
  // A directory of its own, since a server removes the temporary tables of others at its start.
  const common = ['--no-defaults', ...AS_ROOT, `--datadir=${datadir}`, `--tmpdir=${directory}`]
  const args = (port) => [
    ...common, `--port=${port}`, '--bind-address=127.0.0.1',
    `--socket=${join(directory, 'socket')}`, `--pid-file=${join(directory, 'pid')}`, `--init-file=${setup}`,
    '--innodb-buffer-pool-size=16M', '--innodb-log-file-size=8M', '--innodb-fast-shutdown=2', '--skip-name-resolve'
  ]
  const how = { name: 'mariadbd', program: programs.mariadbd, args, ready: /ready for connections/, directory }
  const server = new MariadbServer(how)
  const installing = [...common, '--auth-root-authentication-method=normal', '--skip-test-db']
  await run(programs['mariadb-install-db'], installing, { cwd: directory })
  return server.start()
}

module.exports = { skip, start }
