'use strict'

const { sign } = require('./keys')

/** Keeps cookies by name, like a browser that ignores all attributes except expires. */
class Jar {
  constructor (clock) {
    this.clock = clock
    this.cookies = new Map()
  }

  /** Takes the Set-Cookie lines of a response. */
  take (lines) {
    for (const line of lines) {
      const [pair, ...attributes] = line.split('; ')
      const split = pair.indexOf('=')
      const expires = attributes.find(attribute => attribute.startsWith('expires='))
      this.cookies.delete(pair.slice(0, split))
      this.cookies.set(pair.slice(0, split), { value: pair.slice(split + 1), until: expires ? Date.parse(expires.slice(8)) : Infinity })
    }
  }

  /** Returns `[name, value]` of each cookie that has not expired; if the browser's clock is slow, of each that was not cleared. */
  pairs (late) {
    const now = late ? 0 : this.clock.now
    return [...this.cookies].filter(([, { until }]) => until > now).map(([name, { value }]) => [name, value])
  }
}

// Encodings of a payload. All except `raw` test what a base64 decoder tolerates.
const wraps = {
  raw: text => Buffer.from(text, 'utf8').toString('latin1'),
  base64: text => Buffer.from(text).toString('base64'),
  noPadding: text => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  urlSafe: text => Buffer.from(text).toString('base64url'),
  junk: text => Buffer.from(text).toString('base64').replace(/(.{5})/g, '$1 .!'),
  innerPadding: text => Buffer.from(text).toString('base64').replace(/^(.{4})/, '$1=='),
  latin1: text => Buffer.from(text, 'latin1').toString('base64'),
  cut: text => Buffer.from(text).toString('base64').slice(0, -3),
  highBytes: text => Buffer.from(text).toString('base64') + '\xff\xfe',
  trailing: text => Buffer.from(text).toString('base64') + '%%=='
}

// Changes to the text of a valid cookie.
const edits = {
  flip: (text, { at }) => {
    const index = Math.floor(at * text.length)
    return text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
  },
  cut: (text, { at }) => text.slice(0, Math.floor(at * text.length)),
  append: text => text + 'A',
  appendPadding: text => text + '=',
  prepend: text => 'A' + text,
  quote: text => `"${text}"`,
  quoteOpen: text => `"${text}`,
  space: text => ` ${text} `,
  upper: text => text.toUpperCase(),
  empty: () => ''
}

/** Fills in times: `@NOW+1000@` is a second from now. */
function atTime (text, now) {
  return text.replace(/@NOW([+-]\d+)@/g, (_, offset) => String(now + Number(offset)))
}

function crafted ({ payload, wrap, signed }, key, keys, now) {
  const value = wraps[wrap](atTime(payload, now))
  const signature = {
    first: () => sign(keys, 0, `${key}=${value}`),
    last: () => sign(keys, keys.values.length - 1, `${key}=${value}`),
    otherName: () => sign(keys, 0, `other=${value}`),
    bad: () => 'A'.repeat(27),
    short: () => 'A',
    empty: () => ''
  }[signed]
  return signature ? [[key, value], [`${key}.sig`, signature()]] : [[key, value]]
}

/** Returns the Cookie header of a request, or undefined for none. */
function cookieHeader (spec, { key, jar, keys, clock }) {
  if (spec.from === 'none' && spec.extras.length === 0) return undefined
  let pairs = spec.from === 'jar' ? jar.pairs(spec.late) : []
  if (spec.from === 'crafted') {
    const own = crafted(spec, key, keys, clock.now)
    pairs = [...jar.pairs().filter(([name]) => !own.some(pair => pair[0] === name)), ...own]
  }
  if (spec.unsigned) pairs = pairs.filter(([name]) => name !== `${key}.sig`)
  if (spec.signatureFirst) pairs.reverse()
  for (const edit of spec.edits) {
    const target = edit.of === 'signature' ? `${key}.sig` : key
    pairs = pairs.map(([name, value]) => name === target ? [name, edits[edit.how](value, edit)] : [name, value])
  }
  const lines = pairs.map(([name, value]) => `${name}=${value}`)
  for (const { text, before } of spec.extras) lines[before ? 'unshift' : 'push'](text.replaceAll('@KEY@', key))
  // A header has bytes, and no control characters; text beyond Latin-1 (a cookie's name) is sent as UTF-8.
  const header = lines.join(spec.separator).replace(/[\0-\x08\x0a-\x1f\x7f]/g, '?') // eslint-disable-line no-control-regex
  return header === '' ? undefined : Buffer.from(header, /[^\0-\xff]/.test(header) ? 'utf8' : 'latin1').toString('latin1')
}

const names = { wraps: Object.keys(wraps), edits: Object.keys(edits) }

module.exports = { Jar, cookieHeader, names }
