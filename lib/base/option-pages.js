'use strict'

/** Where the files of the package describe the options of session(): the file and its section. Loaded with the first error. */

const SECURITY = 'docs/security.md'

const PAGES = {
  app: 'README.md#use',
  as: 'docs/usage.md#a-second-session',
  store: 'docs/usage.md#a-store-of-your-own',
  externalKey: 'docs/usage.md#a-store-of-your-own',
  onStoreError: 'docs/usage.md#a-store-that-fails',
  lazy: 'docs/usage.md#reading-the-store-when-it-is-needed',
  merge: 'docs/usage.md#two-requests-at-once',
  early: 'docs/usage.md#responses-sent-by-hand',
  subject: 'docs/usage.md#whose-sessions-they-are',
  label: 'docs/usage.md#whose-sessions-they-are',
  maxSessions: 'docs/usage.md#whose-sessions-they-are',
  keys: `${SECURITY}#keys`,
  'app.keys': `${SECURITY}#keys`,
  seal: `${SECURITY}#kinds-of-cookies`,
  chunks: `${SECURITY}#large-sessions`,
  idBytes: `${SECURITY}#ids`,
  absoluteTimeout: `${SECURITY}#timeouts`,
  idleTimeout: `${SECURITY}#timeouts`,
  touchAfter: `${SECURITY}#timeouts`,
  revocations: `${SECURITY}#logout-without-a-store`,
  hardened: `${SECURITY}#everything-at-once`
}

/** The page of the other options. */
const OTHERS = 'docs/options.md'

/**
 * Returns where an option of session() is described.
 *
 * @param {string} option its name, also with that of a method, such as `store.get`
 */
function pageOf (option) {
  const [name] = /^(?:app\.)?\w+/.exec(option) ?? []
  return Object.hasOwn(PAGES, name) ? PAGES[name] : OTHERS
}

module.exports = { OTHERS, PAGES, pageOf }
