'use strict'

const jar = { from: 'jar', late: false, edits: [], extras: [], unsigned: false, signatureFirst: false, separator: '; ' }

/** Writes a request of a script: it sends the cookies that it was given, carries out the operations and answers. */
function request (...operations) {
  return { advance: 1, method: 'GET', path: '/', headers: {}, cookies: jar, guarded: true, before: [], operations, after: [], outcome: 'text' }
}

/** Writes a script: a plain app with one key, and what is given. `store: true` stands for a Map of JSON texts. */
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
