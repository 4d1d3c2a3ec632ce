'use strict'

const { run } = require('../../bin/koa-session-rs')

/**
 * Runs the command line in this process.
 *
 * @param {string[]} args
 * @param {{ env?: object, input?: string }} [surroundings]
 * @returns {{ code: number, out: string, err: string, json: object }} json: of the output
 */
function command (args, { env = {}, input } = {}) {
  let out = ''
  let err = ''
  const readInput = () => {
    if (input === undefined) throw new Error('no input')
    return input
  }
  const code = run(args, { env, readInput, print: (text) => { out += `${text}\n` }, fail: (text) => { err += `${text}\n` } })
  return { code, out, err, get json () { return JSON.parse(out) } }
}

module.exports = { command }
