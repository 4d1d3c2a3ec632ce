'use strict'

/**
 * A PostgreSQL server for tests.
 *
 *   const { skip, start } = require('../servers/postgresql')
 *   const postgresql = await start()
 *   new pg.Pool(postgresql.options)         // { host, port, user, password, database }
 *   await postgresql.stop()
 */

const { writeFileSync } = require('node:fs')
const { join } = require('node:path')

const { ServerProcess, find, requirePrograms, run, skipWithout, temporaryDirectory, userNamed } = require('./process')

const programs = { postgres: find('postgres'), initdb: find('initdb') }

/** The reason to skip tests, or false. */
const skip = skipWithout(programs)

const USER = 'test'
const PASSWORD = 'a password'

/** A running server: a ServerProcess (port, kill, pause, resume, restart, stop), with the options of a client. */
class PostgresqlServer extends ServerProcess {
  get options () {
    return { host: '127.0.0.1', port: this.port, user: USER, password: PASSWORD, database: 'postgres' }
  }
}

/** @returns {Promise<PostgresqlServer>} with an empty database */
async function start () {
  requirePrograms(programs)
  // The server refuses to run as root.
  const user = process.getuid?.() === 0 ? userNamed('postgres', 'nobody') : undefined
  const directory = temporaryDirectory('postgresql', user)
  const data = join(directory, 'data')
  const secret = join(directory, 'secret')
  writeFileSync(secret, PASSWORD)
  const args = (port) => [
    '-D', data, '-p', port, '-h', '127.0.0.1', '-k', directory, '-F', '-c', 'shared_buffers=16MB', '-c', 'logging_collector=off'
  ]
  const ready = /database system is ready to accept connections/
  const how = { name: 'postgres', program: programs.postgres, args, ready, directory, user, signal: 'SIGQUIT' }
  const server = new PostgresqlServer(how)
  await run(programs.initdb, [
    '-D', data, '-U', USER, '--pwfile', secret, '-A', 'scram-sha-256', '--no-sync', '--no-locale', '-E', 'UTF8'
  ], { cwd: directory, ...user })
  return server.start()
}

module.exports = { skip, start }
