'use strict'

// The values that parts of a script get if their own do not matter.
const plainRequest = { advance: 0, method: 'GET', path: '/', headers: {}, outcome: 'text', guarded: true }
const plainCookies = { separator: '; ', late: false, unsigned: false, signatureFirst: false, from: 'none' }
const plainApp = { proxy: false, cookies: 'stock', keys: { as: 'strings', values: ['secret'] } }
const plainStore = { keep: 'text', timing: 'sync', missing: null, faults: [], as: 'store' }
const plainScript = { form: 'options first', second: undefined, watchOptions: undefined, frozenOptions: undefined, listeners: undefined, store: undefined }

/** Removes from a script what is not needed for the difference; `differs(script)` returns whether a smaller one still shows it. */
async function shrink (script, differs) {
  let smallest = script
  let found = true
  while (found) {
    found = false
    for (const reduce of reductions(smallest)) {
      const smaller = structuredClone(smallest)
      reduce(smaller)
      if (JSON.stringify(smaller) !== JSON.stringify(smallest) && await differs(smaller)) {
        smallest = smaller
        found = true
        break
      }
    }
  }
  return smallest
}

/** Yields changes that make a script simpler, those that remove most first. */
function * reductions (script) {
  for (let index = script.requests.length - 1; index >= 0; index--) yield copy => copy.requests.splice(index, 1)
  yield * settings(plainScript, script, copy => copy)
  yield * settings(plainApp, script.app, copy => copy.app)
  yield * deletions(script.options, copy => copy.options)
  yield * deletions(script.hooks, copy => copy.hooks)
  if (script.store) {
    yield * settings(plainStore, script.store, copy => copy.store)
    yield * deletions(script.store.records, copy => copy.store.records)
  }
  for (const [index, request] of script.requests.entries()) yield * requestReductions(request, copy => copy.requests[index])
}

function * requestReductions (request, find) {
  for (const list of ['before', 'operations', 'after']) {
    for (const index of request[list].keys()) yield copy => find(copy)[list].splice(index, 1)
  }
  yield * settings(plainRequest, request, find)
  yield * settings(plainCookies, request.cookies, copy => find(copy).cookies)
  for (const list of ['edits', 'extras']) {
    for (const index of request.cookies[list].keys()) yield copy => find(copy).cookies[list].splice(index, 1)
  }
  for (const index of (request.again ?? []).keys()) yield copy => find(copy).again.splice(index, 1)
  for (const name of ['rotate', 'live', 'again']) yield copy => delete find(copy)[name]
}

function * settings (plain, values, find) {
  for (const [name, value] of Object.entries(plain)) {
    if (JSON.stringify(values[name]) !== JSON.stringify(value)) yield copy => { find(copy)[name] = value }
  }
}

function * deletions (values, find) {
  for (const name of Object.keys(values)) yield copy => delete find(copy)[name]
}

module.exports = shrink
