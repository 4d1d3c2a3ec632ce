'use strict'

/**
 * Warns of what works here and is likely a mistake: cookies that browsers refuse without a word, names that are nearly those of
 * options, keys that can be guessed. Loaded outside production alone, by the first `session()`. Nothing but the warning changes.
 */

const { warnOnce } = require('../base/errors')

/**
 * When browsers refuse a cookie (RFC 6265bis, section 5.7, and for Partitioned the draft of CHIPS): code, test, and the rule.
 * Prefixes of names count in any case.
 */
const RULES = [
  ['KOA_SESSION_RS_SAMESITE', ({ sameSite, secure }) => sameSite === 'none' && !secure, 'with SameSite=None it has to be Secure'],
  ['KOA_SESSION_RS_PARTITIONED', ({ partitioned, secure }) => partitioned && !secure, 'Partitioned, it has to be Secure'],
  ['KOA_SESSION_RS_SECURE_PREFIX', ({ name, secure }) => /^__secure-/i.test(name) && !secure, 'named __Secure-, it has to be Secure'],
  ['KOA_SESSION_RS_HOST_PREFIX', ({ name, secure, domain, path }) => /^__host-/i.test(name) && (!secure || domain || path !== '/'),
    'named __Host-, it has to be Secure, with the path / and without a domain']
]

/** A key of fewer bytes is found by trying: seven printable characters are tried in hours, and one cookie is enough for it. */
const LEAST_KEY_BYTES = 8

/**
 * Warns of options at the start, and has the cookies and keys watched that only requests show.
 *
 * @param {object} given the caller's options
 * @param {string[]} known the names of options
 * @param {import('../cookie/native-cookies').NativeCookies} nativeCookies
 */
function watchOptions (given, known, nativeCookies) {
  tellMisspelt(Object.keys(given).filter((name) => given[name] !== undefined), known)
  const isStored = Boolean(given.store || given.ContextStore)
  const idle = ['lazy', 'merge'].filter((name) => given[name] === true && !isStored)
  if (idle.length > 0) warnOnce('KOA_SESSION_RS_STORELESS', `without a store, ${idle.join(' and ')} does nothing: give session() a store, or leave it out`)
  nativeCookies.onKeys = tellShortKeys
  // Another carrier than the cookie.
  if (isStored && given.externalKey) return
  const cookie = cookieOf(given)
  tellRefused(cookie)
  // Whether a connection is secure, and what functions of ctx give, its lines show.
  if (isRisky(given, cookie)) nativeCookies.onSent = (lines) => lines.map(parseLine).forEach(tellRefused)
}

/** Returns the cookie of some options as far as they settle it; where they do not, as browsers take it. */
function cookieOf (given) {
  const settled = (name, byDefault) => name in given && typeof given[name] !== 'function' ? given[name] : byDefault
  return {
    name: String(given.key ?? 'koa.sess'),
    sameSite: String(settled('sameSite')).toLowerCase(),
    partitioned: settled('partitioned', false),
    domain: settled('domain'),
    path: settled('path', '/'),
    // Unset, and as a function, it depends on the request.
    secure: 'secureProxy' in given ? Boolean(given.secureProxy) : given.secure !== false
  }
}

/** Returns whether browsers may refuse the cookie of some request. */
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

function tellRefused (cookie) {
  for (const [code, isRefused, rule] of RULES) {
    if (!isRefused(cookie)) continue
    warnOnce(code, `browsers refuse the session cookie ${cookie.name}: ${rule}. It is Secure over HTTPS unless the option secure is ` +
      "false; behind a proxy that ends TLS, with app.proxy = true; and everywhere with secure: 'force'")
  }
}

function tellShortKeys (keys) {
  if (keys.every((key) => Buffer.byteLength(key) >= LEAST_KEY_BYTES)) return
  warnOnce('KOA_SESSION_RS_KEYS',
    `app.keys has a key of fewer than ${LEAST_KEY_BYTES} bytes: from one cookie it can be guessed, and sessions be forged. ` +
    'Take 32 random bytes')
}

function tellMisspelt (names, known) {
  const pairs = names.filter((name) => !known.includes(name)).map((name) => [name, nearest(name, known)])
  const misspelt = pairs.filter(([, meant]) => meant !== undefined).map(([name, meant]) => `${name} (for ${meant})`)
  if (misspelt.length === 0) return
  warnOnce('KOA_SESSION_RS_OPTION', `session() has no such option, and passes it to ctx.cookies: ${misspelt.join(', ')}. Is it misspelt?`)
}

/**
 * Returns the name that was meant, if one is near: it differs in case, hyphens and underscores alone, or in one letter of four and
 * more, or in two of eight and more.
 */
function nearest (name, known) {
  const plain = (text) => text.replace(/[-_]/g, '').toLowerCase()
  return known.find((meant) => distance(plain(name), plain(meant)) <= Math.min(Math.floor(meant.length / 4), 2))
}

/** Counts the letters that were added, left out, replaced or swapped with the next. */
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
