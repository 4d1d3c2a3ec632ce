'use strict'

const { CASES } = require('./inprocess')
const { MAX_AGE_MS } = require('./settings')
const { SUBJECTS } = require('./subjects')

/** The entries of compat/, by the originals among the subjects. */
const ENTRIES = new Map([['minimal', 'minimal'], ['generic', 'generic']])

/** The originals that have an entry, each followed by the entry. */
const COMPAT_SUBJECTS = SUBJECTS.filter(({ name }) => ENTRIES.has(name)).flatMap((original) => [original, {
  ...original,
  name: `compat/${ENTRIES.get(original.name)}`,
  package: undefined,
  use (app, store) {
    app.use(require(`../compat/${ENTRIES.get(original.name)}`)({ key: this.key, store, cookie: { maxAge: MAX_AGE_MS } }))
  }
}])

const SHAPES = ['login', 'cart', 'oidc', 'flat-100', 'flat-1000', 'flat-3000']

/** The cases of the part in process that have a store, read or modify, and have one of these shapes. */
const COMPAT_CASES = new Map([...CASES].filter(([, { mode, action, shape }]) =>
  mode === 'store' && action !== 'untouched' && SHAPES.includes(shape)))

module.exports = { COMPAT_CASES, COMPAT_SUBJECTS }
