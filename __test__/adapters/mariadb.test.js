'use strict'

const { after, before, describe } = require('node:test')

const mysql = require('mysql2/promise')

const { connectStore } = require('../../adapters/connect')
const { genericStore } = require('../../adapters/generic')
const servers = require('../servers/mariadb')
const { lifeOfSessions } = require('./life')
const { makeExpressMysqlStore, makeKoaMysqlStore } = require('./mysql-stores')

describe('on MariaDB', { skip: servers.skip }, () => {
  let server
  let pool
  before(async () => {
    server = await servers.start()
    pool = mysql.createPool(server.options)
  })
  after(async () => {
    await pool.end()
    await server.stop()
  })

  /** Reads and writes records of a table. Its column `expires` counts units of `unit` milliseconds. */
  const tableOf = (table, idName, unit) => ({
    async peek (id) {
      const [[row]] = await pool.query(`SELECT data, expires FROM ${table} WHERE ${idName} = ?`, [id])
      return row && { data: JSON.parse(row.data), ttl: row.expires * unit - Date.now() }
    },
    async plant (id, data, ttl) {
      await pool.query(`UPDATE ${table} SET data = ?, expires = ? WHERE ${idName} = ?`,
        [JSON.stringify(data), Math.ceil((Date.now() + ttl) / unit), id])
    }
  })

  describe('express-mysql-session', () => {
    let made
    before(async () => { made = await makeExpressMysqlStore(server.options) })
    after(() => made.close())

    const table = tableOf('sessions', 'session_id', 1000)
    lifeOfSessions(() => ({ adapt: () => connectStore(made.store), ...table }), { keepsData: true, grain: 1000 })
  })

  describe('koa-mysql-session', () => {
    let made
    before(async () => { made = await makeKoaMysqlStore(server.options) })
    after(() => made.close())

    const table = tableOf('_mysql_session_store', 'id', 1)
    // A session has at most 64 KiB, since the column `data` is a TEXT.
    lifeOfSessions(() => ({ adapt: () => genericStore(made.store), ...table }), { size: 50000 })
  })
})
