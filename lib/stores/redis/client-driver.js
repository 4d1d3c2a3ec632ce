'use strict'

const { setTimeout } = require('node:timers/promises')

const { readAnswer } = require('../answers')
const { Batch } = require('./batch')
const { reasonOf, storeError, withCause } = require('./error')
const { ReplicatedWrites, Short } = require('./replicas')

/**
 * How a kind of client is told, and used: `send(client, args, key)` for the node that has a key, `sendTo(client, args, node)`.
 * Names of commands are in lower case: ioredis finds their keys by these. One that is not of a cluster has a second client made, by
 * `duplicate`, `connect` and `end`.
 */
const CLIENTS = [
  {
    isIt: (client) => typeof client.call === 'function' && client.isCluster === true,
    send: (client, args) => client.call(...args),
    sendTo: (client, args, node) => node.call(...args),
    masters: (client) => client.nodes('master'),
    prefix: (client) => client.options?.keyPrefix
  },
  {
    isIt: (client) => typeof client.call === 'function',
    send: (client, args) => client.call(...args),
    sendTo: (client, args) => client.call(...args),
    masters: (client) => [client],
    prefix: (client) => client.options?.keyPrefix,
    duplicate: (client) => client.duplicate({ enableOfflineQueue: true, lazyConnect: false }),
    connect () {},
    end: (client) => client.disconnect()
  },
  {
    isIt: (client) => typeof client.sendCommand === 'function' && Array.isArray(client.masters),
    send: (client, args, key) => client.sendCommand(key, false, args),
    sendTo: async (client, args, node) => (await client.nodeClient(node)).sendCommand(args),
    masters: (client) => client.masters,
    prefix () {}
  },
  {
    isIt: (client) => typeof client.sendCommand === 'function',
    send: (client, args) => client.sendCommand(args),
    sendTo: (client, args) => client.sendCommand(args),
    masters: (client) => [client],
    prefix () {},
    duplicate: (client) => client.duplicate(),
    connect: (client) => client.connect(),
    end: (client) => (client.destroy ?? client.disconnect).call(client)
  }
]

/** Between answers, as the addon is told them. JSON has it escaped. */
const SEPARATOR = '\0'

/** How long an operation waits that waits for another one. */
const PAUSE_MS = 10

/** Tells a client that can be used. */
function isClient (value) {
  return value !== null && typeof value === 'object' && CLIENTS.some(({ isIt }) => isIt(value))
}

/** Tells a client with which replicas can be waited for. */
function canWait (client) {
  const { duplicate } = CLIENTS.find(({ isIt }) => isIt(client))
  return duplicate !== undefined && typeof client.duplicate === 'function'
}

/** A client of the user's: the addon says what to send, and reads what comes back. */
class ClientTransport {
  #client
  #how
  #steps
  #batch = new Batch()
  #pending = new Set()
  #masters = []
  #replicated
  #isClosed = false

  /**
   * @param {object} client ioredis or node-redis, alone or of a cluster
   * @param {object} keys
   */
  constructor (client, keys) {
    const { RedisClientDriver } = require('./binding')
    this.#client = client
    this.#how = CLIENTS.find(({ isIt }) => isIt(client))
    this.#steps = new RedisClientDriver(keys)
    this.#replicated = new ReplicatedWrites(client, this.#how, keys.waitReplicas)
  }

  /** As Transport's. */
  ask (kind, ttlMs, write, a, b, c) {
    if (this.#isClosed) return Promise.reject(storeError('closed'))
    const batch = this.#batch.begin(0, kind, ttlMs)
    try {
      write(batch, a, b, c)
    } catch (error) {
      batch.undo()
      return Promise.reject(error)
    }
    const first = batch.flush((memory, count, text) => this.#steps.begin(memory, count, text))
    const answer = this.#follow(first)
    const settled = answer.then(() => {}, () => {}).then(() => this.#pending.delete(settled))
    this.#pending.add(settled)
    return answer
  }

  /** Waits for all answers that are due. The client stays open: it is the user's. */
  async close () {
    this.#isClosed = true
    await Promise.all(this.#pending)
    await this.#replicated.close()
  }

  async #follow (step) {
    let cause
    while (step[0] !== '') {
      if (step.length === 1) await setTimeout(PAUSE_MS)
      const sent = this.#sendAll(step)
      const replies = sent.length === 1 ? [await sent[0]] : await Promise.all(sent)
      cause = replies.find((reply) => reply instanceof Error) ?? cause
      step = this.#steps.next(Number(step[0]), write(replies))
    }
    const [, numbers, text] = step
    const answer = readAnswer(JSON.parse(numbers), 0, text, storeError)
    if (!(answer instanceof Error)) return answer
    throw withCause(answer, cause)
  }

  /** Sends the commands of a step (binding-redis/src/client_driver.rs); gives promises of their answers. */
  #sendAll (step) {
    const sent = []
    for (let at = 1; at < step.length;) {
      const end = at + 2 + Number(step[at])
      sent.push(this.#send(step.slice(at + 2, end), step[at + 1]))
      at = end
    }
    return sent
  }

  async #send (args, target) {
    try {
      if (target === '') return this.#listMasters()
      if (target.startsWith('@')) return await this.#scan(args, this.#masters[target.slice(1)])
      if (target.endsWith('+')) return await this.#replicated.send(args)
      return await this.#how.send(this.#client, args, args[target])
    } catch (error) {
      return error
    }
  }

  /** Looks for keys, by the names that other commands have them under: ioredis may put a prefix before those. */
  async #scan (args, node) {
    const prefix = this.#how.prefix(this.#client) ?? ''
    const at = args.indexOf('match') + 1
    const pattern = prefix.replace(/[*?[\]\\^]/g, '\\$&') + args[at]
    const [cursor, keys] = await this.#how.sendTo(this.#client, args.with(at, pattern), node)
    return [cursor, keys.map((key) => String(key).slice(prefix.length))]
  }

  #listMasters () {
    this.#masters = this.#how.masters(this.#client)
    return this.#masters.map((_, i) => String(i))
  }
}

/** Writes answers for the addon: joined by what stands in none of them, or as JSON where it does. */
function write (replies) {
  const parts = []
  const isPlain = replies.reduce((isPlain, reply) => append(parts, reply) && isPlain, true)
  return isPlain ? `l${replies.length}${SEPARATOR}${parts.join(SEPARATOR)}` : JSON.stringify(replies.map(toJson))
}

/** Appends an answer; tells whether no separator is in it. */
function append (parts, value) {
  if (typeof value === 'string') {
    parts.push('t' + value)
    return !value.includes(SEPARATOR)
  }
  if (Array.isArray(value)) {
    parts.push('l' + value.length)
    let isPlain = true
    for (const each of value) isPlain = append(parts, each) && isPlain
    return isPlain
  }
  if (value instanceof Short) {
    parts.push('s' + value.acknowledged)
    return append(parts, value.reply)
  }
  if (value === null || value === undefined) parts.push('n')
  else if (value instanceof Error) parts.push(toFailure(value))
  else if (typeof value === 'object') return append(parts, flatten(value))
  else parts.push('i' + Number(value))
  return true
}

function toJson (value) {
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Error) return { error: toFailure(value) }
  if (value instanceof Short) return { reply: toJson(value.reply), acknowledged: value.acknowledged }
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'object' && value !== null ? toJson(flatten(value)) : value ?? null
}

/** Gives the text of bytes, and the keys and values of a map of RESP3. */
function flatten (value) {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
  return (value instanceof Map ? [...value] : Object.entries(value)).flat()
}

/** Tells an error of the server's, by its first word, from one of the connection, by its reason. */
function toFailure (error) {
  const word = /^-?([A-Z][A-Z0-9_]*)(?: |$)/.exec(error.message)
  const isReply = error.name === 'ReplyError' || /Error(Reply)?$/.test(error.constructor.name)
  return word !== null && isReply ? 'e' + word[1] : 'f' + reasonOf(error)
}

module.exports = { ClientTransport, canWait, isClient }
