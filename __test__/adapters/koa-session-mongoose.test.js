'use strict'

/**
 * koa-session-mongoose 3 as it is, without an adapter. These tests need no MongoDB server: the store's option `connection` is
 * a stand-in, which keeps documents in memory as BSON, by mongoose's own schema and codec.
 */

const { describe } = require('node:test')

const MongooseStore = require('koa-session-mongoose')
const mongoose = require('mongoose')

const { lifeOfSessions } = require('./life')

const { BSON } = mongoose.mongo

/** The members of a mongoose connection that koa-session-mongoose uses. */
class Connection {
  Schema = mongoose.Schema
  documents = new Map()

  model (name, schema) {
    const { documents } = this
    return {
      async findById (id) {
        const bytes = documents.get(id)
        return bytes === undefined ? null : BSON.deserialize(bytes)
      },
      async findByIdAndUpdate (id, update, { upsert }) {
        if (upsert || documents.has(id)) documents.set(id, BSON.serialize(update))
      },
      async deleteOne ({ _id }) {
        return { acknowledged: true, deletedCount: Number(documents.delete(_id)) }
      }
    }
  }
}

describe('koa-session-mongoose, on a stand-in for its connection', () => {
  const connection = new Connection()
  const peek = (id) => {
    const bytes = connection.documents.get(id)
    return bytes && { data: BSON.deserialize(bytes).data }
  }
  lifeOfSessions(() => ({ adapt: () => new MongooseStore({ connection }), peek }), { renews: false, hasTtl: false })
})
