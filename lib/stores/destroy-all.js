'use strict'

const { isSubscribed, publish } = require('../base/events')
const { isPromise } = require('../base/maybe-async')
const { IS_PUBLISHED } = require('../base/store-contract')

/**
 * Calls a store's own destruction of a subject's sessions. If the app calls `destroyAll` itself, each session that ends is published on
 * the channel `koa-session-rs:destroy`; a request publishes those that it ends.
 *
 * @template T
 * @param {object} store
 * @param {string} subject
 * @param {{ except?: string, only?: string }} which
 * @param {() => T} destroy
 * @returns {T|Promise<T>}
 */
function destroyAll (store, subject, which, destroy) {
  if (which[IS_PUBLISHED] === true || !isSubscribed('destroy')) return destroy()
  const listed = store.list(subject)
  if (!isPromise(listed)) return publishAfter(listed, which, destroy)
  return listed.then((list) => publishAfter(list, which, destroy))
}

function publishAfter (listed, { except, only }, destroy) {
  const ended = listed.map(({ hash }) => hash).filter((hash) => hash !== except && (only === undefined || hash === only))
  const publishEach = (count) => {
    // Fewer are destroyed if some of them have ended meanwhile.
    if (count > 0) for (const hash of ended) publish(NOWHERE, 'destroy', undefined, { key: hash, reason: 'destroyAll' })
    return count
  }
  const count = destroy()
  return isPromise(count) ? count.then(publishEach) : publishEach(count)
}

/** There is no request. */
const NOWHERE = { ctx: undefined, name: undefined }

module.exports = { destroyAll }
