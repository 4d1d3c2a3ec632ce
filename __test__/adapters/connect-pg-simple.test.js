'use strict'

const { after, before, describe } = require('node:test')

const connectPgSimple = require('connect-pg-simple')
const expressSession = require('express-session')
const { Pool } = require('pg')

const { connectStore } = require('../../adapters/connect')
const servers = require('../servers/postgresql')
const { lifeOfSessions } = require('./life')

const PgStore = connectPgSimple(expressSession)

describe('connect-pg-simple', { skip: servers.skip }, () => {
  let server
  let pool
  let pgStore
  before(async () => {
    server = await servers.start()
    pool = new Pool(server.options)
    pgStore = new PgStore({ pool, createTableIfMissing: true })
  })
  after(async () => {
    await pgStore.close()
    await pool.end()
    await server.stop()
  })

  async function peek (id) {
    const { rows: [row] } = await pool.query('SELECT sess, extract(epoch FROM expire) AS expire FROM session WHERE sid = $1', [id])
    return row && { data: row.sess, ttl: row.expire * 1000 - Date.now() }
  }

  function plant (id, data, ttl) {
    return pool.query('UPDATE session SET sess = $1, expire = to_timestamp($2) WHERE sid = $3', [data, (Date.now() + ttl) / 1000, id])
  }

  lifeOfSessions(() => ({ adapt: () => connectStore(pgStore), peek, plant }), { keepsData: true, grain: 1000 })
})
