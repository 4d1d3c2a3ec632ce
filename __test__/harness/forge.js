'use strict'

const { createHmac } = require('node:crypto')

const { KEYS } = require('./app')

/** Encodes data, or a JSON text, as the value of the cookie. */
function encode (data) {
  return Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)).toString('base64')
}

/** Decodes the session in a line of Set-Cookie, or in a cookie's value. */
function decodeCookie (lineOrValue) {
  const value = /^(?:[^=;]+=)?([^;]*)/.exec(lineOrValue.replace(/=+(?=;|$)/, ''))[1]
  return JSON.parse(Buffer.from(value, 'base64').toString())
}

/** Decodes the session in Set-Cookie lines. */
function decode (setCookie, name = 'koa.sess') {
  return decodeCookie(setCookie.find((each) => each.startsWith(`${name}=`)))
}

/** Signs a text as keygrip does. */
function sign (text, key = KEYS[0], algorithm = 'sha1') {
  const digest = createHmac(algorithm, key).update(text).digest('base64')
  return digest.replace(/[/+=]/g, (character) => ({ '/': '_', '+': '-', '=': '' })[character])
}

/**
 * Writes the Cookie header of a cookie and its signature.
 *
 * @param {string} value
 * @param {string} [key] that signs
 */
function cookieHeader (value, key, name = 'koa.sess') {
  return `${name}=${value}; ${name}.sig=${sign(`${name}=${value}`, key)}`
}

module.exports = { encode, decode, decodeCookie, sign, cookieHeader }
