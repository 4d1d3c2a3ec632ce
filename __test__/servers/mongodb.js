'use strict'

/**
 * A server of MongoDB's protocol for tests: nx-27017, which keeps the documents in SQLite; or the MongoDB at MONGODB_URL, where tests
 * have a database of their own.
 *
 *   const { skip, start } = require('../servers/mongodb')
 *   const mongodb = await start()
 *   const { url, dbName } = mongodb.options
 *   new MongoClient(url).db(dbName)
 *   await mongodb.stop()                    // drops the database
 *
 * nx-27017 differs from MongoDB: a date that an update has changed is read as a text. Expired documents are removed by the
 * operations on their collection, not once in a minute.
 */

const { randomUUID } = require('node:crypto')
const { existsSync, realpathSync } = require('node:fs')
const { homedir } = require('node:os')
const { dirname, join } = require('node:path')

const { ServerProcess, find, requirePrograms, skipWithout, temporaryDirectory } = require('./process')

const { MONGODB_URL } = process.env

/** The Python environment that has nx-27017: .ci/mongodb installs it there. */
const ENVIRONMENT = process.env.NX_27017 ?? join(homedir(), '.cache/koa-session-rs/mongodb')

const programs = { 'nx-27017': MONGODB_URL ? undefined : findPython() }

/** The reason to skip tests, or false. */
const skip = MONGODB_URL ? false : skipWithout(programs)

/** Returns the Python that can import nx-27017: in ENVIRONMENT, or where a program on the path is from. */
function findPython () {
  const installed = join(ENVIRONMENT, 'bin/nx-27017')
  const program = existsSync(installed) ? installed : find('nx-27017')
  return program && join(dirname(realpathSync(program)), 'python3')
}

/** A running nx-27017: a ServerProcess (port, kill, pause, resume, restart, stop), with the options of a client. */
class MongodbServer extends ServerProcess {
  get options () {
    return { url: `mongodb://127.0.0.1:${this.port}`, dbName: 'sessions' }
  }
}

/** A database of a MongoDB that is already running. */
class MongodbDatabase {
  options = { url: MONGODB_URL, dbName: `koa-session-rs-${randomUUID()}` }

  async stop () {
    const { MongoClient } = require('mongoose').mongo
    const client = await MongoClient.connect(this.options.url)
    await client.db(this.options.dbName).dropDatabase()
    await client.close()
  }
}

/** @returns {Promise<MongodbServer|MongodbDatabase>} with an empty database */
async function start () {
  if (MONGODB_URL) return new MongodbDatabase()
  requirePrograms(programs)
  const directory = temporaryDirectory('mongodb')
  const args = (port) => [
    join(__dirname, 'nx-27017.py'), '--host', '127.0.0.1', '--port', String(port), '--data-dir', join(directory, 'data'),
    '--log-file', join(directory, 'log'), '--pid-file', join(directory, 'pid')
  ]
  return new MongodbServer({ name: 'nx-27017', program: programs['nx-27017'], args, ready: /Listening on/, directory }).start()
}

module.exports = { skip, start }
