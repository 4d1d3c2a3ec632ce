'use strict'

const Cookies = require('cookies')
const { makeKeys } = require('./keys')
const { portray } = require('./portray')

const attributes = ['key', 'signed', 'maxAge', 'expires', 'path', 'domain', 'secure', 'httpOnly', 'sameSite', 'overwrite', 'priority', 'partitioned', 'encrypt']

// Describes a cookie's options for the log. Values with the same meaning (null, false and absent; true and 'strict') are described alike.
function portrayOptions (options) {
  if (!options) return options
  const said = { ...options, sameSite: options.sameSite === true ? 'strict' : options.sameSite || undefined }
  return portray(Object.fromEntries(attributes.filter(name => said[name] != null).map(name => [name, said[name]])))
}

// An empty cookie is an expired one, so its maxAge has no meaning.
function lasting (value, options) {
  return value || !options ? options : { ...options, maxAge: undefined }
}

// How frameworks and apps replace or change ctx.cookies, by name. Most log the calls.
const replacements = {
  touched: () => {},
  foreign: (ctx, world, stock) => {
    ctx.cookies = {
      get (name, options) {
        world.log(`cookies.get ${name} ${portrayOptions(options)}`)
        return stock.get(name, options)
      },
      set (name, value, options) {
        world.log(`cookies.set ${name} ${portray(value)} ${portrayOptions(lasting(value, options))}`)
        return stock.set(name, value, { ...options, domain: 'own.example' })
      }
    }
  },
  subclass: (ctx, world, stock) => {
    class OwnCookies extends Cookies {
      get (name, options) {
        world.log(`cookies.get ${name} ${portrayOptions(options)}`)
        return super.get(name, options)
      }
    }
    ctx.cookies = new OwnCookies(ctx.req, ctx.res, { keys: stock.keys, secure: stock.secure })
  },
  patched: (ctx, world, stock) => {
    stock.set = function (name, value, options) {
      world.log(`cookies.set ${name} ${portray(value)} ${portrayOptions(lasting(value, options))}`)
      return Cookies.prototype.set.call(this, name, value, options)
    }
  },
  secure: (ctx, world, stock) => { stock.secure = true },
  insecure: (ctx, world, stock) => { stock.secure = false },
  ownKeys: (ctx, world, stock) => { stock.keys = makeKeys({ as: 'keygrip', values: ['of the cookies alone'] }) },
  noKeys: (ctx, world, stock) => { stock.keys = undefined },
  otherRequest: (ctx, world, stock) => { stock.request = { headers: { cookie: 'koa.sess=id-1' }, socket: {} } }
}

/** Replaces or changes ctx.cookies in the named way. */
function changeCookies (how, ctx, world) {
  // Koa creates ctx.cookies when it is first read; for 'stock', the session reads it first.
  if (how !== 'stock') replacements[how](ctx, world, ctx.cookies)
}

module.exports = { changeCookies, names: ['stock', ...Object.keys(replacements)] }
