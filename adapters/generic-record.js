'use strict'

/** Converts records for stores of koa-generic-session, and back. */

const { toOwnKeys, toStoredKeys } = require('./stored-keys')

/**
 * Converts a record for the store. A cookie that koa-generic-session has stored keeps its key, so that koa-generic-session finds its
 * attributes there after a change back.
 *
 * @param {object} record
 */
function toStored (record) {
  if (!isCookie(record.cookie)) return toStoredKeys(record)
  const { cookie, ...rest } = record
  return { cookie, ...toStoredKeys(rest) }
}

/** Returns whether a value is koa-generic-session's cookie: it always has these attributes. */
function isCookie (value) {
  return typeof value === 'object' && value !== null &&
    ['path', 'httpOnly', 'overwrite', 'signed'].every((name) => Object.hasOwn(value, name))
}

module.exports = { toStored, toRecord: toOwnKeys }
