'use strict'

/**
 * Calls a method of a store that takes a callback, and may return a promise too.
 *
 * @param {object} store
 * @param {string} method
 * @param {...*} args without the callback
 * @returns {Promise<*>} what the callback got; rejected with its error
 */
function call (store, method, ...args) {
  return new Promise((resolve, reject) => {
    const returned = store[method](...args, (err, value) => err ? reject(err) : resolve(value))
    if (typeof returned?.then === 'function') returned.then(undefined, reject)
  })
}

module.exports = { call }
