'use strict'

/**
 * The intended differences from cookie-session. `reconcile(pair)` changes the records of one request so that they no longer differ for
 * this reason, and returns whether they did.
 */

const EARLIEST_MS = Date.parse('1970-01-01T00:00:00Z')
const LATEST_MS = Date.parse('9999-12-31T23:59:59Z')

const nameOf = (line) => line.slice(0, line.indexOf('='))
const pairOf = (line) => line.split(';')[0]

/** Returns whether a line is that of the session's signature. */
const isSignature = ({ script }, line) => nameOf(line) === `${script.options.name ?? 'session'}.sig`

/** Replaces the dates that the core does not write by those that it writes. */
function clamped (line) {
  return line.replace(/; expires=([^;]*)/, (attribute, text) => {
    const ms = Date.parse(text)
    if (text === 'Invalid Date') return '; expires=Fri, 31 Dec 9999 23:59:59 GMT'
    // Years of five digits are not parsed.
    const year = Number(/ (-?\d+) \d\d:/.exec(text)[1])
    if (year > 9999 || ms > LATEST_MS) return '; expires=Fri, 31 Dec 9999 23:59:59 GMT'
    if (year < 1970 || ms < EARLIEST_MS) return '; expires=Thu, 01 Jan 1970 00:00:00 GMT'
    return attribute
  })
}

/**
 * Returns whether the cookie cannot be sent with the options of a request: certainly, by an option that the app does not change in the
 * request; or perhaps, also by a value that the app sets there, or replaces.
 */
function isUnsendable ({ options, request }, { certainly }) {
  const changes = request.operations.filter(([name]) => name === 'option')
  const valuesOf = (name) => {
    const set = changes.filter(([, changed]) => changed === name).map(([, , value]) => value)
    return set.length > 0 && certainly ? [] : [options[name], ...set]
  }
  const isAny = (names, isInvalid) => names.flatMap(valuesOf).some(isInvalid)
  return isAny(['path', 'domain'], (value) => String(value ?? '').includes('\u0007')) ||
    isAny(['sameSite', 'priority'], (value) => value === 'other' || value === 'urgent') ||
    isAny(['maxAge'], (value) => typeof value === 'number' ? !Number.isFinite(value) : Boolean(value)) ||
    (!request.https && isAny(['secure'], Boolean))
}

module.exports = [
  {
    reason: 'a session that is first read after the headers were sent can be read, whoever has signed it',
    reconcile: ({ upstream, ours }) => {
      const hasThrown = ({ log }) => log.some((line) => line.endsWith('Cannot set headers after they are sent to the client'))
      if (!hasThrown(upstream) || hasThrown(ours)) return false
      upstream.log = ours.log
      return true
    }
  },
  {
    reason: 'a date before 1970 or after 9999, or an invalid one, is the first or the last date',
    reconcile: ({ upstream }) => {
      const before = upstream.setCookie.join()
      upstream.setCookie = upstream.setCookie.map(clamped)
      return upstream.setCookie.join() !== before
    }
  },
  {
    reason: 'cookies of the app are lost on an error response, since Koa removes all headers',
    reconcile: ({ request, upstream, ours }) => {
      if (request.outcome !== 'throw') return false
      const own = request.operations.filter(([name]) => name === 'ownCookie').map(([, line]) => line)
      const lost = upstream.setCookie.filter((line) => own.includes(line) && !ours.setCookie.includes(line))
      upstream.setCookie = upstream.setCookie.filter((line) => !lost.includes(line))
      return lost.length > 0
    }
  },
  {
    reason: 'Set-Cookie in the arguments of writeHead is added, and replaces no other cookie',
    reconcile: ({ request, upstream, ours }) => {
      if (!['headObject', 'headPairs', 'headList'].includes(request.outcome)) return false
      const place = ours.setCookie.indexOf('own=1')
      if (place <= 0 || upstream.setCookie.indexOf('own=1') !== 0) return false
      ours.setCookie = ours.setCookie.slice(place)
      return true
    }
  },
  {
    reason: 'the signature that replaces one by an older key has the attributes of the cookie, not only the path /',
    reconcile: (pair) => {
      const { upstream, ours } = pair
      const place = upstream.setCookie.findIndex((line, i) => isSignature(pair, line) && line !== ours.setCookie[i])
      if (place < 0 || ours.setCookie[place] === undefined || isUnsendable(pair, { certainly: true })) return false
      const [theirs, own] = [upstream.setCookie[place], ours.setCookie[place]]
      if (pairOf(theirs) !== pairOf(own) || !/^[^;]+; path=\/(; secure)?; httponly$/.test(theirs)) return false
      ours.setCookie[place] = theirs
      return true
    }
  },
  {
    reason: 'a signature by an older key is not replaced if the cookie cannot be sent',
    reconcile: (pair) => {
      const { upstream, ours } = pair
      const place = upstream.setCookie.findIndex((line, i) => isSignature(pair, line) && line !== ours.setCookie[i])
      if (place < 0 || upstream.setCookie.length !== ours.setCookie.length + 1 || !isUnsendable(pair, { certainly: false })) return false
      if (!/^[^;]+=[^;]+; path=\/(; secure)?; httponly$/.test(upstream.setCookie[place])) return false
      upstream.setCookie.splice(place, 1)
      return true
    }
  },
  {
    reason: 'of several cookies with the same name, the first that verifies is read',
    reconcile: ({ sent }) => sent.wanted !== undefined && sent.cookie !== sent.wanted
  }
]
