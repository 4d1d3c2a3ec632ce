'use strict'

const { version } = require('../../package.json')

/** Session packages of Koa that this package replaces: the specifier to write instead, and whether the options' names differ. */
const REPLACED = {
  'koa-session': { entry: 'koa-session-rs', majors: [5, 6, 7], hasOptions: true },
  'koa-session-minimal': { entry: 'koa-session-rs/compat/minimal', hasOptions: false },
  'koa-generic-session': { entry: 'koa-session-rs/compat/generic', hasOptions: false }
}

const OWN = { name: 'koa-session-rs', range: `^${version}` }

/** Names that modules may import from koa-session, and find in koa-session-rs too: values, then types. */
const EXPORTED = new Set([
  'default', 'createSession', 'SessionOptions',
  'CreateSessionOptions', 'Session', 'ContextSession', 'opts', 'stores', 'ExternalKeys', 'util'
])

/** Options of koa-session-rs that koa-session ignores, or passes to `ctx.cookies`. */
const NEW_OPTIONS = new Set([
  'as', 'storeMaxAge', 'configMaxAge', 'onStoreError', 'lazy', 'ignore', 'early', 'rollUntouched', 'underscoreKeys', 'clearOnlySent', 'idPattern',
  'cacheControl', 'merge', 'subject', 'label', 'keys', 'seal', 'chunks', 'idBytes', 'absoluteTimeout', 'idleTimeout', 'touchAfter', 'hardened',
  'revocations', 'maxSessions'
])

const RECIPE = 'nothing is written, since Express itself stays on the original. In a Koa app, write'

/** Session packages of Express: what to say to a Koa app that has them. */
const RECIPES = {
  'express-session': `${RECIPE} app.use(session(options, app)) with session from koa-session-rs/compat/express-session: ` +
    'the same secret, name and store share cookies and records with Express',
  'cookie-session': `${RECIPE} app.use(session(options, app)) with session from koa-session-rs/compat/cookie-session: ` +
    'the same keys and name share cookies with Express'
}

/** Stores for koa-session, and for koa-generic-session: which adapter they need in koa-session-rs. */
const STORES = [
  [/^koa-session-mongoose$/, 'this store needs no adapter; with renew, set its option rolling (docs/adapters.md)'],
  [/^koa-redis$/, 'this store needs no adapter; genericStore of koa-session-rs/adapters/generic makes requests fail at once after its client has ended'],
  [/^(?:koa-mysql-session|koa-pg-session|koa-mongo-session|koa-generic-session-.+)$/,
    'this store, for koa-generic-session, loses sessions without an adapter: store: genericStore(store), from koa-session-rs/adapters/generic'],
  [/^keyv$/, 'if a Keyv is the store, it needs an adapter: store: keyvStore(keyv), from koa-session-rs/adapters/keyv'],
  [/^(?:connect-(?:redis|pg-simple|mongo|mongodb-session|loki|memcached|sqlite3|typeorm|dynamodb|session-knex|session-sequelize|couchbase|etcd3)|express-mysql-session|express-mysql2-session|memorystore|session-file-store|better-sqlite3-session-store)$/,
    'this store, for express-session, needs an adapter: store: connectStore(store), from koa-session-rs/adapters/connect']
]

/** Packages that are known to depend on koa-session. */
const DEPENDENTS = ['egg', '@eggjs/session', 'egg-session']

/** Returns the name of the package that a specifier names: `a` of `a/b`, `@a/b` of `@a/b/c`. */
function packageOf (specifier) {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ''
}

/** Returns what to say about a store of another package; undefined for any other package. */
function storeAdvice (name) {
  return STORES.find(([form]) => form.test(name))?.[1]
}

const MENTION = /koa[-\\]|keyv|cookie-session|express-mysql|connect-|memorystore|session-(?:file-)?store|express-session/

/** Returns whether a text may load a package that this command knows. */
const mentions = (text) => MENTION.test(text)

/** Returns whether a text names a package that this command replaces. */
const mentionsReplaced = (text) => Object.keys(REPLACED).some((name) => text.includes(name))

module.exports = { DEPENDENTS, EXPORTED, NEW_OPTIONS, OWN, RECIPES, REPLACED, mentions, mentionsReplaced, packageOf, storeAdvice }
