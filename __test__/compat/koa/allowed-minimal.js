'use strict'

const { isDeepStrictEqual } = require('node:util')

/**
 * The intended differences from koa-session-minimal. `reconcile(pair)` changes the records of one request so that they no longer differ
 * for this reason, and returns whether they did; 'end' where the visitors have other sessions from then on. `script` shows a rare one.
 */

const { scriptOf } = require('./generate')

const differs = ({ upstream, ours }, ...parts) => parts.some((part) => JSON.stringify(upstream[part]) !== JSON.stringify(ours[part]))

/** Returns the key that the original has loaded, if the store had no session under it. */
function unknownKey ({ upstream }) {
  const key = upstream.store.find(([method]) => method === 'get')?.[1]
  return upstream.recordsBefore.some(([known]) => known === key) ? undefined : key
}

/** Returns the session of a record: an empty one if the record is no object. */
function toSession (text) {
  const data = JSON.parse(text)
  return typeof data === 'object' ? data : {}
}

/** Returns whether only one of two has saved a session, and that with the data that the store had. */
function isSavedAgain (saving, other) {
  const sets = saving.store.filter(([method]) => method === 'set')
  if (sets.length === 0 || other.store.some(([method]) => method === 'set')) return false
  const before = new Map(saving.recordsBefore)
  return sets.every(([, key, text]) => before.has(key) && isDeepStrictEqual(toSession(before.get(key)), JSON.parse(text)))
}

/** Returns whether a key of the store ends with an id that is never passed to a store: of over 4096 bytes, or with a segment `..`. */
const isRefused = (key) => key.length > 4096 || key.endsWith('a/../b')

module.exports = [
  {
    reason: 'an id that no store has is not looked up',
    reconcile: ({ upstream, ours }) => {
      const isAsked = ([, key]) => isRefused(key)
      return upstream.store.some(isAsked) && !ours.store.some(isAsked) ? 'end' : false
    }
  },
  {
    reason: 'an id that the store does not know is not adopted',
    reconcile: (pair) => {
      const key = unknownKey(pair)
      if (key === undefined || isRefused(key) || !differs(pair, 'store', 'setCookie')) return false
      const { upstream, ours } = pair
      const isAdopted = upstream.store.some(([method, ...args]) => method !== 'get' && args[0] === key)
      const touchesKey = ours.store.some(([method, ...args]) => method !== 'get' && args[0] === key)
      const sets = ({ store }) => store.filter(([method]) => method === 'set').length
      // The original may fail to destroy what it has adopted.
      const isOther = sets(ours) === sets(upstream) || upstream.status === 500
      return isAdopted && !touchesKey && isOther ? 'end' : false
    }
  },
  {
    reason: 'headers that were sent, and a connection that is not secure, are no errors: no cookie is sent',
    reconcile: (pair) => {
      const isRefused = (line) => /^error: Error: Cannot (?:set headers after they are sent to the client|send secure cookie over unencrypted connection)$/.test(line)
      if (!pair.upstream.log.some(isRefused) || pair.ours.log.some(isRefused)) return false
      return pair.ours.setCookie.every((line) => line.startsWith('other=')) ? 'end' : false
    }
  },
  {
    reason: 'a write to the store is awaited: its failure is one of the request, not an unhandled rejection',
    reconcile: ({ request: { fails = [] }, upstream, ours }) => {
      const hasFailed = (fails[0] === 'set' || fails[0] === 'destroy') && ours.store.some(([method]) => method === fails[0])
      const isOther = upstream.status !== 500 || upstream.log.join() !== ours.log.join()
      return hasFailed && ours.status === 500 && isOther ? 'end' : false
    }
  },
  {
    reason: 'a session that has been destroyed in the request is not written again by an outer middleware',
    reconcile: (pair) => {
      const { request, upstream, ours } = pair
      if (request.outcome !== 'twice' || !differs(pair, 'store')) return false
      const destroyed = ours.store.filter(([method]) => method === 'destroy').map(([, key]) => key)
      const isRevived = ({ records }) => records.some(([key]) => destroyed.includes(key))
      return isRevived(upstream) && !isRevived(ours) ? 'end' : false
    }
  },
  {
    reason: 'a session whose JSON is the same is not saved again',
    reconcile: ({ upstream, ours }) => isSavedAgain(upstream, ours) ? 'end' : false
  },
  {
    reason: 'a session in which only the order of keys in a nested value has changed may be saved again',
    script: scriptOf([['set', 'a', '{"a":1,"b":2}']], [['set', 'a', '{"b":2,"a":1}']]),
    reconcile: ({ upstream, ours }) => isSavedAgain(ours, upstream) ? 'end' : false
  },
  {
    reason: 'an error response keeps the cookie',
    script: scriptOf([['set', 'b', '{}']], [['assign', '"text"']], { fails: ['destroy', 'throw'] }),
    reconcile: ({ upstream, ours }) => {
      if (ours.status !== 500 || upstream.status !== 500 || upstream.setCookie.length > 0 || ours.setCookie.length === 0) return false
      return 'end'
    }
  }
]
