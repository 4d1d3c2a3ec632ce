'use strict'

const { SECRETS } = require('./generate')

/** Returns the keys at some places. */
function keysOf (places, asBuffers) {
  return places.map((place) => asBuffers ? Buffer.from(SECRETS[place]) : SECRETS[place])
}

const ODD = {
  undefined: () => undefined,
  function: () => () => 1,
  NaN: () => NaN,
  date: () => new Date(0),
  bigint: () => 1n,
  cycle: () => {
    const value = {}
    value.value = value
    return value
  },
  toJSON: () => ({ toJSON: () => 'own' }),
  'toJSON undefined': () => ({ toJSON: () => undefined }),
  symbol: () => Symbol('a'),
  map: () => new Map([[1, 2]]),
  boxed: () => Object('text'),
  large: () => 'x'.repeat(5000)
}

/** Makes a value that an app stores. */
function toValue ({ json, odd }) {
  return json === undefined ? ODD[odd]() : JSON.parse(json)
}

module.exports = { keysOf, toValue }
