'use strict'

/**
 * Warns of likely mistakes in the options: cookies that browsers silently refuse, misspelt option names, keys that can be guessed.
 * Loaded by `session()`, but not in production.
 */

const { warnOnce } = require('../base/errors')

/**
 * When browsers refuse a cookie (RFC 6265bis, section 5.7, and for Partitioned the draft of CHIPS): code, test, and the rule.
 * Prefixes of names are compared without regard to upper and lower case.
 */
const RULES = [
  ['KOA_SESSION_RS_SAMESITE', ({ sameSite, secure }) => sameSite === 'none' && !secure, 'with SameSite=None it has to be Secure'],
  ['KOA_SESSION_RS_PARTITIONED', ({ partitioned, secure }) => partitioned && !secure, 'Partitioned, it has to be Secure'],
  ['KOA_SESSION_RS_SECURE_PREFIX', ({ name, secure }) => /^__secure-/i.test(name) && !secure, 'named __Secure-, it has to be Secure'],
  ['KOA_SESSION_RS_HOST_PREFIX', ({ name, secure, domain, path }) => /^__host-/i.test(name) && (!secure || domain || path !== '/'),
    'named __Host-, it has to be Secure, with the path / and without a domain']
]

/** A shorter key can be found by brute force from one cookie: seven printable characters take hours. */
const MIN_KEY_BYTES = 8

/** The limit for the option `keys`. It is higher than that for `app.keys`, which may be older than the use of this package. */
const MIN_OWN_KEY_BYTES = 32

/**
 * Warns of the options, and sets callbacks that warn of the keys and cookies of requests.
 *
 * @param {object} given the caller's options
 * @param {string[]} optionNames all there are
 * @param {import('../cookie/native-cookies').NativeCookies} nativeCookies
 * @param {(code: string, message: string) => void} [tell] of a mistake at the start: warns, or with the option `hardened` throws
 */
function watchOptions (given, optionNames, nativeCookies, tell = warnOnce) {
  warnMisspelt(Object.keys(given).filter((name) => given[name] !== undefined), optionNames, tell)
  const isStored = Boolean(given.store || given.ContextStore)
  const unused = ['lazy', 'merge'].filter((name) => given[name] === true && !isStored)
  if (unused.length > 0) tell('KOA_SESSION_RS_STORELESS', `without a store, ${unused.join(' and ')} does nothing: give session() a store, or leave it out`)
  nativeCookies.onKeys = warnShortKeys
  warnShortOwnKeys(given, tell)
  if (isStored && given.externalKey && (given.seal || given.chunks != null)) {
    tell('KOA_SESSION_RS_STORELESS', 'with externalKey, no cookie has the id, and seal and chunks do nothing: leave them out')
  }
  // The id is not in a cookie.
  if (isStored && given.externalKey) return
  const cookie = cookieOf(given)
  warnRefused(cookie, tell)
  // Only the lines that are sent show whether the connection was secure, and what functions of ctx returned.
  if (isRisky(given, cookie)) nativeCookies.onSent = (lines) => lines.map(parseLine).forEach((sent) => warnRefused(sent))
}

/** Returns the cookie that the options describe. Attributes that depend on the request have a value that browsers accept. */
function cookieOf (given) {
  const fixed = (name, byDefault) => name in given && typeof given[name] !== 'function' ? given[name] : byDefault
  return {
    name: String(given.key ?? 'koa.sess'),
    sameSite: String(fixed('sameSite')).toLowerCase(),
    partitioned: fixed('partitioned', false),
    domain: fixed('domain'),
    path: fixed('path', '/'),
    // If unset or a function, it depends on the request.
    secure: 'secureProxy' in given ? Boolean(given.secureProxy) : given.secure !== false
  }
}

/** Returns whether browsers may refuse the cookie on some requests. */
function isRisky (given, cookie) {
  return RULES.some(([, isRefused]) => isRefused({ ...cookie, secure: false })) ||
    typeof given.sameSite === 'function' || typeof given.partitioned === 'function'
}

/** Reads a line of Set-Cookie. */
function parseLine (line) {
  const [pair, ...attributes] = line.split(/; */)
  const values = new Map(attributes.map((attribute) => {
    const [name, value = ''] = attribute.split('=')
    return [name.toLowerCase(), value]
  }))
  return {
    name: pair.slice(0, pair.indexOf('=')),
    sameSite: values.get('samesite')?.toLowerCase(),
    partitioned: values.has('partitioned'),
    domain: values.get('domain'),
    path: values.get('path'),
    secure: values.has('secure')
  }
}

function warnRefused (cookie, tell = warnOnce) {
  for (const [code, isRefused, rule] of RULES) {
    if (!isRefused(cookie)) continue
    tell(code, `browsers refuse the session cookie ${cookie.name}: ${rule}. It is Secure over HTTPS unless the option secure is ` +
      "false; behind a proxy that ends TLS, with app.proxy = true; and everywhere with secure: 'force'")
  }
}

function warnShortKeys (keys) {
  if (keys.every((key) => Buffer.byteLength(key) >= MIN_KEY_BYTES)) return
  warnOnce('KOA_SESSION_RS_KEYS',
    `app.keys has a key of fewer than ${MIN_KEY_BYTES} bytes: it can be guessed from one cookie, to forge sessions. ` +
    'Take 32 random bytes')
}

/** Warns of keys that may be found by brute force. With `seal`, such keys are an error. */
function warnShortOwnKeys ({ keys, seal }, tell) {
  if (seal || !Array.isArray(keys) || keys.every((key) => Buffer.byteLength(key) >= MIN_OWN_KEY_BYTES)) return
  tell('KOA_SESSION_RS_KEYS', `the option keys has a key of fewer than ${MIN_OWN_KEY_BYTES} bytes. Take 32 random bytes`)
}

function warnMisspelt (names, optionNames, tell) {
  const pairs = names.filter((name) => !optionNames.includes(name)).map((name) => [name, nearest(name, optionNames)])
  const misspelt = pairs.filter(([, meant]) => meant !== undefined).map(([name, meant]) => `${name} (for ${meant})`)
  if (misspelt.length === 0) return
  tell('KOA_SESSION_RS_OPTION', `session() has no such option, and passes it to ctx.cookies: ${misspelt.join(', ')}. Is it misspelt?`)
}

/**
 * Returns the option name that was probably meant. It may differ in case, hyphens and underscores; in one letter, if it has at
 * least four; or in two, if it has at least eight.
 */
function nearest (name, optionNames) {
  const plain = (text) => text.replace(/[-_]/g, '').toLowerCase()
  return optionNames.find((meant) => distance(plain(name), plain(meant)) <= Math.min(Math.floor(meant.length / 4), 2))
}

/** Returns the edit distance of two texts: the letters added, left out, replaced, or swapped with the next. */
function distance (a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (isSame ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1)
    }
    rows.push(row)
  }
  return rows[a.length][b.length]
}

module.exports = { watchOptions }
