'use strict'

/**
 * The intended differences from koa-generic-session. `reconcile(pair)` changes the records of one request so that they no longer differ
 * for this reason, and returns whether they did; 'end' where the visitors have other sessions from then on. `script` shows a rare one.
 */

const { scriptOf } = require('./generate')

const differs = ({ upstream, ours }, ...parts) => parts.some((part) => JSON.stringify(upstream[part]) !== JSON.stringify(ours[part]))

/** Returns whether a key of the store ends with an id that is never passed to a store: of over 4096 bytes, or with a segment `..`. */
const isRefused = (key) => key.length > 4096 || key.endsWith('a/../b')

module.exports = [
  {
    reason: 'an id that no store has does not reach the store',
    reconcile: ({ script, request, upstream, ours }) => {
      const hasRefused = script.requests.some(({ edits }) => edits.includes('long') || edits.includes('hostile'))
      const hasFailed = ({ log }) => log.some((line) => line.endsWith('get failed'))
      if (request.fails?.[0] === 'get' && hasRefused && hasFailed(upstream) && !hasFailed(ours)) return 'end'
      const isAsked = ([, key]) => isRefused(key)
      if (!upstream.store.some(isAsked) || ours.store.some(isAsked)) return false
      // What the app assigns unread, with `defer`.
      if (upstream.store.some((call) => call[0] === 'set' && isAsked(call))) return 'end'
      upstream.store = upstream.store.filter((call) => !isAsked(call))
      return true
    }
  },
  {
    reason: 'an error response keeps the cookie',
    reconcile: ({ upstream, ours }) => {
      if (ours.status !== 500 || upstream.status !== 500 || upstream.setCookie.length > 0 || ours.setCookie.length === 0) return false
      return 'end'
    }
  },
  {
    reason: 'a session that the app has assigned without `cookie` gets the attributes and the TTL of the options',
    reconcile: (pair) => {
      if (!differs(pair, 'store', 'setCookie', 'status', 'log')) return false
      const { upstream, ours } = pair
      const setBy = ({ store }) => store.filter(([method]) => method === 'set')
      const isBare = ([, , text]) => text !== undefined && JSON.parse(text)?.cookie === undefined
      const isLikewise = setBy(ours).some(isBare) || (ours.store.length < upstream.store.length && !pair.request.https)
      return setBy(upstream).some(isBare) && isLikewise ? 'end' : false
    }
  },
  {
    reason: 'with `defer`, a visitor without an id has no record called undefined',
    reconcile: ({ script, request, upstream, ours }) => {
      const isUndefined = ([, key]) => key === `${script.options.prefix ?? 'koa:sess:'}undefined`
      const hasFailed = ({ log }) => log.some((line) => line.endsWith('destroy failed'))
      if (script.options.defer && hasFailed(upstream) && ours.store.length === 0) return 'end'
      if (!upstream.store.some(isUndefined) || ours.store.some(isUndefined)) return false
      // What is assigned unread is stored there, too.
      const isUsed = request.operations.some(([name]) => name === 'regenerate' || name === 'save')
      if (isUsed || upstream.store.some((call) => call[0] !== 'destroy' && isUndefined(call))) return 'end'
      upstream.store = upstream.store.filter((call) => !isUndefined(call))
      return true
    }
  },
  {
    reason: 'with `defer`, saveSession saves the session, not a promise',
    reconcile: (pair) => {
      const { script, request, upstream } = pair
      if (!script.options.defer || !request.operations.some(([name]) => name === 'save') || !differs(pair, 'store')) return false
      return upstream.store.some(([method, , text]) => method === 'set' && (text === '{}' || /^\{"saved":"[^"]*"\}$/.test(text))) ? 'end' : false
    }
  },
  {
    reason: 'a connection that is not secure is no error: no cookie is sent, and a new session is not stored',
    reconcile: ({ request, upstream, ours }) => {
      const isRefused = (line) => !request.https && /(?:: |set )(?:set failed|Cannot send secure cookie over unencrypted connection)$/.test(line)
      return upstream.log.some(isRefused) && !ours.log.some(isRefused) ? 'end' : false
    }
  },
  {
    reason: 'after regenerateSession, a session is saved even if its data are those from before',
    reconcile: ({ request, upstream, ours }) => {
      if (!request.operations.some(([name]) => name === 'regenerate') || !ours.store.some(([method]) => method === 'destroy')) return false
      const sets = ({ store }) => store.filter(([method]) => method === 'set').length
      return sets(ours) === sets(upstream) + 1 ? 'end' : false
    }
  },
  {
    reason: 'a session that the store could not destroy is not written by the same request',
    reconcile: ({ request: { fails = [] }, upstream, ours }) => {
      const isWritten = ({ store }) => store.some(([method]) => method === 'set')
      return fails[0] === 'destroy' && isWritten(upstream) && !isWritten(ours) ? 'end' : false
    }
  },
  {
    reason: 'with `defer`, after a load that has failed each read fails, and the session is not ended',
    reconcile: (pair) => {
      const hasFailed = ({ log }) => log.some((line) => /: (?:get failed|\.keys required for signed cookies)$/.test(line))
      const isKept = pair.ours.setCookie.every((line) => line.startsWith('other=')) && !pair.ours.store.some(([method]) => method === 'destroy')
      return pair.script.options.defer && hasFailed(pair.upstream) && hasFailed(pair.ours) && isKept && differs(pair, 'log', 'setCookie', 'store') ? 'end' : false
    }
  },
  {
    reason: 'the signature that replaces one by an older key has the attributes of the cookie, not only the path /',
    reconcile: ({ upstream, ours }) => {
      const place = upstream.setCookie.findIndex((line, i) => /^[^=]+\.sig=[^;]+; path=\/(?:; secure)?; httponly$/.test(line) && line !== ours.setCookie[i])
      if (place < 0) return false
      if (ours.setCookie[place]?.split(';')[0] === upstream.setCookie[place].split(';')[0]) {
        ours.setCookie[place] = upstream.setCookie[place]
        return true
      }
      // It is not sent for a session that a new one replaces.
      return upstream.setCookie.length === ours.setCookie.length + 1 && /^[^=]+=; /.test(ours.setCookie[place]) ? 'end' : false
    }
  },
  {
    reason: 'a session that is first read after the headers were sent can be read, whoever has signed its cookie',
    script: { ...scriptOf([['read']], undefined, { edits: ['twin'], outcome: 'early' }), options: { defer: true }, keys: [0], isGeneric: true },
    reconcile: ({ upstream, ours }) => {
      const isRefused = (line) => line.endsWith('Cannot set headers after they are sent to the client')
      return upstream.log.some(isRefused) && !ours.log.some(isRefused) ? 'end' : false
    }
  }
]
