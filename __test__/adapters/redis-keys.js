'use strict'

/**
 * Reads sessions by redis-cli, which is independent of the clients under test.
 *
 * @param {() => object} server
 * @param {string} prefix of the keys
 * @param {{ open: (text: string) => *, close: (data: *) => string }} [format] of the values
 */
function redisKeys (server, prefix, { open, close } = { open: JSON.parse, close: JSON.stringify }) {
  return {
    async peek (id) {
      const text = await server().command('--raw', 'GET', prefix + id)
      if (text === '') return undefined
      return { data: open(text), ttl: Number(await server().command('PTTL', prefix + id)) }
    },
    async plant (id, data, ttl) {
      await server().command('SET', prefix + id, close(data), 'PX', ttl)
    }
  }
}

module.exports = { redisKeys }
