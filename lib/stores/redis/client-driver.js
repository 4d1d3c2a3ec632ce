'use strict'

const { setTimeout } = require('node:timers/promises')

const { readAnswer } = require('../answers')
const { Batch } = require('./batch')
const { reasonOf, storeError, withCause } = require('./error')
const { ReplicatedWrites, TooFewReplicas } = require('./replicas')

/**
 * How each kind of client is recognised and used: `send(client, args, key)` sends to the node that has the key, `sendTo(client,
 * args, node)` to a given node. Command names are in lower case, since ioredis finds the keys of a command by that name. Clients
 * that are not of a cluster also have `duplicate`, `connect` and `end`, for a second client.
 */
const CLIENTS = [
  {
    matches: (client) => typeof client.call === 'function' && client.isCluster === true,
    send: (client, args) => client.call(...args),
    sendTo: (client, args, node) => node.call(...args),
    masters: (client) => client.nodes('master'),
    prefix: (client) => client.options?.keyPrefix
  },
  {
    matches: (client) => typeof client.call === 'function',
    send: (client, args) => client.call(...args),
    sendTo: (client, args) => client.call(...args),
    masters: (client) => [client],
    prefix: (client) => client.options?.keyPrefix,
    duplicate: (client) => client.duplicate({ enableOfflineQueue: true, lazyConnect: false }),
    connect () {},
    end: (client) => client.disconnect()
  },
  {
    matches: (client) => typeof client.sendCommand === 'function' && Array.isArray(client.masters),
    send: (client, args, key) => client.sendCommand(key, false, args),
    sendTo: async (client, args, node) => (await client.nodeClient(node)).sendCommand(args),
    masters: (client) => client.masters,
    prefix () {}
  },
  {
    matches: (client) => typeof client.sendCommand === 'function',
    send: (client, args) => client.sendCommand(args),
    sendTo: (client, args) => client.sendCommand(args),
    masters: (client) => [client],
    prefix () {},
    duplicate: (client) => client.duplicate(),
    connect: (client) => client.connect(),
    end: (client) => (client.destroy ?? client.disconnect).call(client)
  }
]

/** Separates replies in the text for the addon. JSON escapes it. */
const SEPARATOR = '\0'

/** The pause before the next step, if an operation has to wait for another one. */
const PAUSE_MS = 10

/** Returns whether a value is a client of a known kind. */
function isClient (value) {
  return value !== null && typeof value === 'object' && CLIENTS.some(({ matches }) => matches(value))
}

/** Returns whether a client can wait for replicas, which takes a second client. */
function canWait (client) {
  const { duplicate } = CLIENTS.find(({ matches }) => matches(client))
  return duplicate !== undefined && typeof client.duplicate === 'function'
}

/** A transport over the user's client: the addon composes the commands, and decodes the replies. */
class ClientTransport {
  #client
  #kind
  #driver
  #batch = new Batch()
  #pending = new Set()
  #masters = []
  #replicated
  #isClosed = false

  /**
   * @param {object} client of ioredis or node-redis, for a server or a cluster
   * @param {object} keys
   */
  constructor (client, keys) {
    const { RedisClientDriver } = require('./binding')
    this.#client = client
    this.#kind = CLIENTS.find(({ matches }) => matches(client))
    this.#driver = new RedisClientDriver(keys)
    this.#replicated = new ReplicatedWrites(client, this.#kind, keys.waitReplicas)
  }

  /** Asks for an operation, as in Transport. */
  ask (kind, ttlMs, write, a, b, c) {
    if (this.#isClosed) return Promise.reject(storeError('closed'))
    const batch = this.#batch.begin(0, kind, ttlMs)
    try {
      write(batch, a, b, c)
    } catch (error) {
      batch.undo()
      return Promise.reject(error)
    }
    const first = batch.flush((memory, count, text) => this.#driver.begin(memory, count, text))
    const answer = this.#runSteps(first)
    const settled = answer.then(() => {}, () => {}).then(() => this.#pending.delete(settled))
    this.#pending.add(settled)
    return answer
  }

  /** Waits for the pending operations. The client stays open: it is the user's. */
  async close () {
    this.#isClosed = true
    await Promise.all(this.#pending)
    await this.#replicated.close()
  }

  async #runSteps (step) {
    let cause
    while (step[0] !== '') {
      if (step.length === 1) await setTimeout(PAUSE_MS)
      const sent = this.#sendAll(step)
      const replies = sent.length === 1 ? [await sent[0]] : await Promise.all(sent)
      cause = replies.find((reply) => reply instanceof Error) ?? cause
      step = this.#driver.next(Number(step[0]), encode(replies))
    }
    const [, numbers, ...texts] = step
    const answer = readAnswer(JSON.parse(numbers), 0, texts[0], storeError, texts.length > 1 ? texts : undefined)
    if (!(answer instanceof Error)) return answer
    throw withCause(answer, cause)
  }

  /** Sends the commands of a step (binding-redis/src/client_driver.rs). Returns the promises of their replies. */
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
      return await this.#kind.send(this.#client, args, args[target])
    } catch (error) {
      return error
    }
  }

  /** Scans a node for keys. ioredis adds its keyPrefix to the keys of other commands, so it is added to the pattern here. */
  async #scan (args, node) {
    const prefix = this.#kind.prefix(this.#client) ?? ''
    const at = args.indexOf('match') + 1
    const pattern = prefix.replace(/[*?[\]\\^]/g, '\\$&') + args[at]
    const [cursor, keys] = await this.#kind.sendTo(this.#client, args.with(at, pattern), node)
    return [cursor, keys.map((key) => String(key).slice(prefix.length))]
  }

  #listMasters () {
    this.#masters = this.#kind.masters(this.#client)
    return this.#masters.map((_, i) => String(i))
  }
}

/** Encodes replies for the addon: joined by the separator, or as JSON if a reply contains it. */
function encode (replies) {
  const parts = []
  const isPlain = replies.reduce((isPlain, reply) => append(parts, reply) && isPlain, true)
  return isPlain ? `l${replies.length}${SEPARATOR}${parts.join(SEPARATOR)}` : JSON.stringify(replies.map(toJson))
}

/** Appends a reply. Returns whether it is free of the separator. */
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
  if (value instanceof TooFewReplicas) {
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
  if (value instanceof TooFewReplicas) return { reply: toJson(value.reply), acknowledged: value.acknowledged }
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'object' && value !== null ? toJson(flatten(value)) : value ?? null
}

/** Returns bytes as text, and a RESP3 map as a list of its keys and values. */
function flatten (value) {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
  return (value instanceof Map ? [...value] : Object.entries(value)).flat()
}

/** Encodes an error: one of the server by its first word, one of the connection by its reason. */
function toFailure (error) {
  const word = /^-?([A-Z][A-Z0-9_]*)(?: |$)/.exec(error.message)
  const isReply = error.name === 'ReplyError' || /Error(Reply)?$/.test(error.constructor.name)
  return word !== null && isReply ? 'e' + word[1] : 'f' + reasonOf(error)
}

module.exports = { ClientTransport, canWait, isClient }
