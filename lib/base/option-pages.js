'use strict'

/** Where the files of the package describe the options of session(): the file and its section. Loaded with the first error. */

const SECURITY = 'docs/security.md'

const PAGES = {
  app: 'README.md#use',
  as: 'README.md#a-second-session',
  store: 'README.md#a-store-of-your-own',
  externalKey: 'README.md#a-store-of-your-own',
  onStoreError: 'README.md#a-store-that-fails',
  lazy: 'README.md#reading-the-store-when-it-is-needed',
  merge: 'README.md#two-requests-at-once',
  early: 'README.md#responses-sent-by-hand',
  subject: 'README.md#whose-sessions-they-are',
  label: 'README.md#whose-sessions-they-are',
  maxSessions: 'README.md#whose-sessions-they-are',
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

/** The section of the options that have none of their own. */
const OTHERS = 'README.md#options'

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
