'use strict'

/**
 * The least that a session in a signed cookie costs in JavaScript with node:crypto: it finds, verifies, decodes and parses the
 * cookie; if the app says that it modifies the session, it also stringifies, encodes and signs. It has no dirty check, expiry,
 * events or options: it is a reference for the others, not a usable middleware.
 */

const { createHmac, timingSafeEqual } = require('node:crypto')

/**
 * Makes the floor's middleware.
 *
 * @param {object} options
 * @param {string} options.key name of the cookie
 * @param {number} options.maxAge milliseconds
 * @param {object} [options.store] without it, the session is in the cookie
 */
function floor ({ key, maxAge, store }) {
  const find = (ctx) => {
    const header = ctx.req.headers.cookie
    return header === undefined ? undefined : findVerified(header, key, ctx.app.keys)
  }
  const send = (ctx, value) => ctx.res.setHeader('Set-Cookie', signedLines(key, value, ctx.app.keys[0], maxAge))
  return store === undefined ? inCookie(find, send, maxAge) : inStore(find, send, store)
}

function inCookie (find, send, maxAge) {
  return function floorCookie (ctx, next) {
    const value = find(ctx)
    ctx.session = value === undefined ? {} : JSON.parse(Buffer.from(value, 'base64').toString())
    return modifies(ctx) ? next().then(() => close(ctx)) : next()
  }

  function close (ctx) {
    ctx.session._expire = Date.now() + maxAge
    ctx.session._maxAge = maxAge
    send(ctx, Buffer.from(JSON.stringify(ctx.session)).toString('base64'))
  }
}

function inStore (find, send, store) {
  let created = 0

  return async function floorStore (ctx, next) {
    const id = find(ctx)
    ctx.session = id === undefined ? {} : await store.get(id)
    if (!modifies(ctx)) return next()
    await next()
    const saved = id ?? `00000000-0000-4000-8000-${String(++created).padStart(12, '0')}`
    await store.set(saved, ctx.session)
    send(ctx, saved)
  }
}

/** Returns whether the app says that it modifies the session. */
const modifies = (ctx) => ctx.url.startsWith('/modify/') || ctx.url.startsWith('/fill/')

function findVerified (header, key, keys) {
  const value = find(header, key)
  const signature = value === undefined ? undefined : find(header, `${key}.sig`)
  if (signature === undefined) return undefined
  const given = Buffer.from(signature, 'base64')
  const verifies = (secret) => {
    const digest = createHmac('sha1', secret).update(`${key}=${value}`).digest()
    return digest.length === given.length && timingSafeEqual(digest, given)
  }
  return keys.some(verifies) ? value : undefined
}

function find (header, name) {
  const start = header.startsWith(`${name}=`) ? 0 : header.indexOf(`; ${name}=`) + 2
  if (start === 1) return undefined
  const from = start + name.length + 1
  const end = header.indexOf(';', from)
  return header.slice(from, end === -1 ? undefined : end)
}

function signedLines (key, value, secret, maxAge) {
  const signature = createHmac('sha1', secret).update(`${key}=${value}`).digest('base64url')
  const attributes = `; path=/; expires=${new Date(Date.now() + maxAge).toUTCString()}; httponly`
  return [`${key}=${value}${attributes}`, `${key}.sig=${signature}${attributes}`]
}

module.exports = { floor, modifies }
