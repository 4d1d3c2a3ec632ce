'use strict'

const expressMysqlSession = require('express-mysql-session')
const expressSession = require('express-session')
const KoaMysqlStore = require('koa-mysql-session')
const mysql = require('mysql2/promise')

const { until } = require('../servers/process')

const ExpressMysqlStore = expressMysqlSession(expressSession)

/**
 * Makes a koa-mysql-session whose timer does not keep the process alive, and waits for its table.
 *
 * @param {object} options of the connection
 * @returns {Promise<{ store: object, close: () => Promise<void> }>}
 */
async function makeKoaMysqlStore (options) {
  const { setInterval } = globalThis
  globalThis.setInterval = (...args) => setInterval(...args).unref()
  const store = new KoaMysqlStore({ ...options, charset: 'utf8mb4' })
  globalThis.setInterval = setInterval
  const connection = await mysql.createConnection(options)
  await until('the table', async () => (await connection.query("SHOW TABLES LIKE '_mysql_session_store'"))[0].length === 1)
  await connection.end()
  return { store, close: () => new Promise((resolve) => store.getConnection().end(resolve)) }
}

/** Makes an express-mysql-session, and waits for its table: as above. */
async function makeExpressMysqlStore (options) {
  const store = new ExpressMysqlStore({ ...options, clearExpired: false })
  await store.onReady()
  return { store, close: () => store.close() }
}

module.exports = { makeKoaMysqlStore, makeExpressMysqlStore }
