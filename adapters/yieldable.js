'use strict'

const GENERATOR_FUNCTION = '[object GeneratorFunction]'

/**
 * Resolves what a method of koa-generic-session's stores returns: a generator, a thunk, a promise, or a value.
 *
 * As with `co`, a generator may yield these too, and arrays and plain objects of them; any other value is returned to it.
 *
 * @param {*} value
 * @returns {Promise<*>}
 */
async function settle (value) {
  if (isGenerator(value)) return drive(value)
  if (typeof value !== 'function') return value
  return isGeneratorFunction(value) ? drive(value()) : callThunk(value)
}

async function drive (generator) {
  let step = generator.next()
  while (!step.done) {
    let value
    try {
      value = await settleAll(step.value)
    } catch (err) {
      step = generator.throw(err)
      continue
    }
    step = generator.next(value)
  }
  return step.value
}

async function settleAll (value) {
  if (Array.isArray(value)) return Promise.all(value.map(settleAll))
  if (!isPlain(value)) return settle(value)
  const entries = Object.entries(value).map(async ([key, each]) => [key, await settleAll(each)])
  return Object.fromEntries(await Promise.all(entries))
}

function callThunk (thunk) {
  return new Promise((resolve, reject) => {
    thunk((err, ...values) => err ? reject(err) : resolve(values.length > 1 ? values : values[0]))
  })
}

function isGenerator (value) {
  return typeof value?.next === 'function' && typeof value.throw === 'function'
}

function isGeneratorFunction (value) {
  return Object.prototype.toString.call(value) === GENERATOR_FUNCTION
}

function isPlain (value) {
  return typeof value === 'object' && value !== null && value.constructor === Object && typeof value.then !== 'function'
}

module.exports = { settle }
