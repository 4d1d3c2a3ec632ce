'use strict'

const { invalidOptionOf } = require('../../base/errors')
const { canWait, isClient } = require('./client-driver')

const invalidOption = invalidOptionOf('docs/stores.md#redis-and-valkey')

const PORT = 6379
const SENTINEL_PORT = 26379

const isText = (value) => typeof value === 'string' && value !== ''
const isMs = (value) => Number.isSafeInteger(value) && value > 0 && value < 2 ** 31
const isCount = (value) => Number.isSafeInteger(value) && value > 0 && value < 2 ** 31
const isFromZero = (value) => Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31
const isPem = (value) => isText(value) || ArrayBuffer.isView(value)
const isAddress = (value) => isText(value) ? parseUrl(value) !== undefined : isText(value?.host)
const isAddresses = (value) => Array.isArray(value) && value.length > 0 && value.every(isAddress)

/** Of each option: the expected value, its check, and the default. */
const OPTIONS = {
  url: ['a URL: redis://, rediss:// or unix://', (value) => isText(value) && parseUrl(value) !== undefined],
  nodes: ['an array of URLs or of { host, port }', isAddresses],
  sentinels: ['an array of URLs or of { host, port }', isAddresses],
  master: ['a name', isText],
  client: ['a client of ioredis or node-redis', isClient],
  username: ['a string', isText],
  password: ['a string', isText],
  sentinelUsername: ['a string', isText],
  sentinelPassword: ['a string', isText],
  db: ['a number from 0', isFromZero],
  tls: ['a boolean, or an object with ca, cert, key or rejectUnauthorized', isTls],
  prefix: ['a string', (value) => typeof value === 'string'],
  connectTimeoutMs: ['a positive number of milliseconds', isMs, 2000],
  timeoutMs: ['a positive number of milliseconds', isMs, 5000],
  from: ["'koa-redis'", (value) => value === 'koa-redis'],
  maxSessionKeys: ['a positive integer', isCount, 10000],
  maxSessionBytes: ['a positive integer', isCount, 1024 * 1024],
  waitReplicas: ['a number from 0', isFromZero, 0],
  format: ["'merge' or 'json'", (value) => value === 'merge' || value === 'json', 'merge']
}

/** The options for connections, which exclude a client of the user. */
const CONNECTION = ['url', 'nodes', 'sentinels', 'master', 'username', 'password', 'sentinelUsername', 'sentinelPassword', 'db',
  'tls', 'connectTimeoutMs', 'timeoutMs']

/** The options that name servers, of which at most one is given. */
const SERVERS = ['url', 'nodes', 'sentinels', 'client']

/**
 * Checks the options of a RedisStore, and returns what its parts need.
 *
 * @throws {SessionOptionError}
 */
function completeRedisOptions (given = {}) {
  if (given === null || typeof given !== 'object') throw invalidOption('options', 'object', given)
  const options = {}
  for (const name in given) {
    if (!Object.hasOwn(OPTIONS, name)) throw unknown(name, given[name])
  }
  for (const [name, [expected, fits, byDefault]] of Object.entries(OPTIONS)) {
    const value = given[name] ?? byDefault
    if (value !== undefined && !fits(value)) throw invalidOption(name, expected, value)
    options[name] = value
  }
  checkTogether(given)
  const isPlain = options.format === 'json'
  const prefix = options.prefix ?? (isPlain ? '' : 'koa-session:')
  const { maxSessionKeys, maxSessionBytes, waitReplicas } = options
  const keys = { prefix, fromKoaRedis: options.from !== undefined, maxSessionKeys, maxSessionBytes, waitReplicas }
  if (options.client !== undefined) return { client: options.client, keys, isPlain }
  return { connection: toConnection(options), keys, isPlain }
}

function unknown (name, value) {
  const names = Object.keys(OPTIONS).join(', ')
  return invalidOption(name, `one of ${names}`, value, `Invalid input: RedisStore has no option ${name}, only ${names}`)
}

/** Refuses options that exclude each other. */
function checkTogether (given) {
  const has = (name) => given[name] != null
  const [, second] = SERVERS.filter(has)
  if (second !== undefined) throw invalidOption(second, `the only one of ${SERVERS.join(', ')}`, given[second])
  const beside = has('client') && CONNECTION.find(has)
  if (beside) throw invalidOption(beside, 'left to the client', given[beside])
  if (given.waitReplicas && has('client') && !canWait(given.client)) {
    throw invalidOption('waitReplicas', 'left out with a client of a cluster, or that has no duplicate()', given.waitReplicas)
  }
  if (has('sentinels') !== has('master')) throw invalidOption('master', 'given with sentinels, and with nothing else', given.master)
  if (has('nodes') && given.db) throw invalidOption('db', '0 in a cluster', given.db)
  if (given.format !== 'json') return
  for (const name of ['from', 'waitReplicas']) if (has(name)) throw invalidOption(name, "left out with format 'json'", given[name])
}

/** Makes the options that binding-redis/src/options.rs reads. */
function toConnection (options) {
  const { url, nodes, sentinels, connectTimeoutMs, timeoutMs } = options
  const given = nodes ?? sentinels ?? [url ?? `redis://127.0.0.1:${PORT}`]
  const addresses = given.map((each) => typeof each === 'string' ? parseUrl(each) : { ...each })
  const [first] = addresses
  const port = sentinels ? SENTINEL_PORT : PORT
  // The credentials in a sentinel's URL are for the sentinel.
  const server = sentinels ? {} : first
  const sentinel = sentinels ? first : {}
  const tls = options.tls ?? addresses.some((address) => address.isTls)
  return {
    nodes: first.path === undefined ? addresses.map((address) => ({ host: address.host, port: address.port ?? port })) : [],
    path: first.path,
    cluster: nodes !== undefined,
    master: options.master,
    credentials: { username: options.username ?? server.username, password: options.password ?? server.password },
    sentinelCredentials: {
      username: options.sentinelUsername ?? sentinel.username, password: options.sentinelPassword ?? sentinel.password
    },
    tls: tls ? toTls(tls) : undefined,
    db: options.db ?? server.db ?? 0,
    connectTimeoutMs,
    timeoutMs
  }
}

function toTls (tls) {
  const { ca, cert, key, rejectUnauthorized = true } = tls === true ? {} : tls
  const pem = (value) => value === undefined ? undefined : [value].flat().map(String).join('\n')
  return { ca: pem(ca), cert: pem(cert), key: pem(key), insecure: !rejectUnauthorized }
}

function isTls (value) {
  if (typeof value === 'boolean') return true
  if (value === null || typeof value !== 'object') return false
  const { ca, cert, key, rejectUnauthorized, ...rest } = value
  return Object.keys(rest).length === 0 && [ca].flat().every((pem) => pem === undefined || isPem(pem)) &&
    (cert === undefined) === (key === undefined) && (cert === undefined || (isPem(cert) && isPem(key))) &&
    ['boolean', 'undefined'].includes(typeof rejectUnauthorized)
}

/** Parses a URL. Returns undefined if it is invalid. */
function parseUrl (text) {
  if (!URL.canParse(text)) return undefined
  const { protocol, hostname, port, pathname, username, password, searchParams } = new URL(text)
  if (protocol === 'unix:') return { path: decodeURIComponent(pathname), ...toDb(searchParams.get('db')) }
  if (!/^(?:redis|valkey)s?:$/.test(protocol) || hostname === '') return undefined
  const db = toDb(pathname.slice(1) || searchParams.get('db'))
  if (db === undefined) return undefined
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? undefined : Number(port),
    username: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    isTls: protocol === 'rediss:' || protocol === 'valkeys:',
    ...db
  }
}

function toDb (text) {
  if (!text) return {}
  return /^\d{1,9}$/.test(text) ? { db: Number(text) } : undefined
}

module.exports = { completeRedisOptions }
