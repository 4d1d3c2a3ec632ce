'use strict'

const { SessionOptionError, invalidOptionOf } = require('../base/errors')
const { parse: parseOptions } = require('./options')

const invalidShape = invalidOptionOf('index.d.ts')
/** For options that the app has added. */
const invalidAdded = invalidOptionOf(null)

/*
 * The export `SessionOptions`. In koa-session 7 it is an object schema of zod. This one has the methods that its dependants use, and
 * takes schemas of any library for the options that they add.
 */

/**
 * Makes a schema of our options and those that a shape adds.
 *
 * @param {Record<string, object>} shape a schema for each option; it replaces our own check of an option of that name
 */
function schemaOf (shape) {
  const names = Object.keys(shape)

  function parse (given) {
    const ours = parseOptions(names.length > 0 && isObject(given) ? without(names, given) : given)
    const added = names.map((name) => [name, read(shape[name], name, given[name])])
    return Object.fromEntries([...Object.entries(ours), ...added.filter(([, value]) => value !== undefined)])
  }

  function safeParse (given) {
    try {
      return { success: true, data: parse(given) }
    } catch (error) {
      if (error instanceof SessionOptionError) return { success: false, error }
      throw error
    }
  }

  function extend (added) {
    checkShape(added)
    return schemaOf({ ...shape, ...added })
  }

  return Object.freeze({ parse, safeParse, extend })
}

const isObject = (value) => typeof value === 'object' && value !== null

/** Returns a view of options that hides some. Not a copy, since getters of the caller's object may depend on `this`. */
function without (names, given) {
  return new Proxy({}, {
    has: (_, name) => !names.includes(name) && name in given,
    get: (_, name) => names.includes(name) ? undefined : given[name]
  })
}

/** Throws if a value is not an object of schemas. */
function checkShape (shape) {
  if (!isObject(shape)) throw invalidShape('shape', 'object of schemas', shape)
  for (const [name, schema] of Object.entries(shape)) {
    if (typeof schema?.parse === 'function' || typeof schema?.safeParse === 'function') continue
    throw invalidShape(name, 'schema with parse or safeParse', schema)
  }
}

/** Parses a value by a schema, and returns the result: the value, a default, or a transformed value. */
function read (schema, name, value) {
  try {
    if (typeof schema.parse === 'function') return schema.parse(value)
    const result = schema.safeParse(value)
    if (result.success) return result.data
    throw result.error
  } catch (cause) {
    // Not enumerable, so that it is not logged: a schema's error may quote the value.
    throw Object.defineProperty(invalidAdded(name, expectedBy(cause), value), 'cause', { value: cause, configurable: true })
  }
}

/** Returns what was expected of a value, in words, if the error is one of zod's that says so. */
function expectedBy (error) {
  const issue = error?.issues?.[0]
  return issue?.code === 'invalid_type' && issue.path?.length === 0 ? String(issue.expected) : 'what its schema takes'
}

module.exports = { SessionOptions: schemaOf({}) }
