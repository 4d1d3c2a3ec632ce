'use strict'

const Keygrip = require('keygrip')

const { keysOf } = require('./values')

/** Returns a value that a client has made, as it is in the header. */
const encoded = ({ raw, json }) => raw ?? Buffer.from(json).toString('base64')

/** Returns a value as it is signed: without quotes. */
const unquoted = (value) => value[0] === '"' ? value.slice(1, -1) : value

/** The visitor of a script: their cookies, which they may change. */
class Visitor {
  #script
  #places
  #name
  #jar = new Map()
  #spare = new Map()

  constructor (script) {
    this.#script = script
    this.#places = script.keys.places
    this.#name = script.options.name ?? 'session'
  }

  /**
   * Changes the cookies as a request says. These changes last, but for a second cookie of the same name.
   *
   * @returns {{ cookie: string|undefined, wanted: string|undefined, places: number[], asBuffers: boolean }} wanted: the header without a
   * second cookie, if the first one is the visitor's and verifies
   */
  send ({ edits, rotate }) {
    if (rotate) this.#places = rotate
    let separator = '; '
    const twins = { before: [], after: [] }
    for (const [name, ...args] of edits) {
      if (name === 'tight') separator = ';'
      else if (name !== 'twin') this[name](...args)
    }
    for (const [name, ...args] of edits) if (name === 'twin') this.#addTwin(twins, args)
    const own = [...this.#jar].map((pair) => pair.join('='))
    const toHeader = (pairs) => pairs.length === 0 ? undefined : Buffer.from(pairs.join(separator)).toString('latin1')
    const cookie = toHeader([...twins.before, ...own, ...twins.after])
    const hasTwins = twins.before.length + twins.after.length > 0
    return { cookie, wanted: hasTwins && this.#verifies() ? toHeader(own) : undefined, places: this.#places, asBuffers: this.#script.keys.as === 'buffers' }
  }

  /** Keeps the cookies of a response. */
  keep (setCookie, now) {
    for (const line of setCookie) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(line)
      const expires = /; expires=([^;]+)/.exec(line)
      if (expires && Date.parse(expires[1]) <= now) this.#jar.delete(name)
      else this.#jar.set(name, value)
    }
  }

  foreign (foreign, signer) {
    const value = encoded(foreign)
    this.#put(value, this.#signature(value, signer))
  }

  resign (signer) {
    const value = this.#jar.get(this.#name) ?? 'e30='
    this.#put(value, this.#signature(value, signer))
  }

  dropValue () { this.#jar.delete(this.#name) }
  dropSignature () { this.#jar.delete(`${this.#name}.sig`) }
  empty () { this.#jar.set(this.#name, '') }
  swap () { [this.#jar, this.#spare] = [this.#spare, this.#jar] }

  quote () {
    const value = this.#jar.get(this.#name)
    if (value !== undefined) this.#jar.set(this.#name, `"${unquoted(value)}"`)
  }

  neighbours () {
    this.#jar.set(`x${this.#name}`, '1')
    this.#jar.set(`${this.#name}x`, '2')
  }

  #put (value, signature) {
    this.#jar.set(this.#name, value)
    if (signature === undefined) this.#jar.delete(`${this.#name}.sig`)
    else this.#jar.set(`${this.#name}.sig`, signature)
  }

  /** Returns a value's signature by a key, by its place; `other` is no key of the app. undefined for none. */
  #signature (value, signer) {
    if (signer === 'none') return undefined
    if (signer === 'empty') return ''
    const { as, algorithm, encoding } = this.#script.keys
    const secrets = signer === 'other' ? ['another key'] : keysOf([this.#places[signer % this.#places.length]], false)
    return (as === 'keygrip' ? new Keygrip(secrets, algorithm, encoding) : new Keygrip(secrets)).sign(`${this.#name}=${unquoted(value)}`)
  }

  /** Returns whether the visitor's cookie is signed by one of the keys, and more than one cookie is tried. */
  #verifies () {
    const { keys: { as }, options: { signed } } = this.#script
    if (as === 'keygrip' || as === 'none' || signed === false) return false
    const value = this.#jar.get(this.#name)
    const signature = this.#jar.get(`${this.#name}.sig`)
    return value !== undefined && Boolean(signature) && new Keygrip(keysOf(this.#places, false)).verify(`${this.#name}=${unquoted(value)}`, signature)
  }

  #addTwin (twins, [place, foreign, signer]) {
    const value = encoded(foreign)
    // With an empty signature, cookie-session verifies nothing, and the entry the other cookie.
    const signature = this.#jar.get(`${this.#name}.sig`) === '' ? undefined : this.#signature(value, signer)
    twins[place].push(`${this.#name}=${value}`, ...(signature === undefined ? [] : [`${this.#name}.sig=${signature}`]))
  }
}

module.exports = { Visitor }
