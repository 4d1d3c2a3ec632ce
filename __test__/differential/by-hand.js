'use strict'

const jar = { from: 'jar', late: false, edits: [], extras: [], unsigned: false, signatureFirst: false, separator: '; ' }

/** Makes a request of a script: it sends the cookies of the jar, executes the operations and answers with a text. */
function request (...operations) {
  return { advance: 1, method: 'GET', path: '/', headers: {}, cookies: jar, guarded: true, before: [], operations, after: [], outcome: 'text' }
}

/** Makes a script: a plain app with one key, plus what is given. `store: true` is a store of JSON texts in a Map. */
function script ({ store, ...given }) {
  return {
    seed: 'by hand',
    app: { keys: { as: 'strings', values: ['secret'] }, proxy: false, cookies: 'stock' },
    form: 'options first',
    options: {},
    hooks: store ? { genid: 'counter' } : {},
    ...(store && { store: { as: 'store', keep: 'text', timing: 'sync', missing: null, faults: [], records: {} } }),
    ...given
  }
}

module.exports = { request, script }
