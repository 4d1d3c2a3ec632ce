#!/usr/bin/env node
'use strict'

require('../lib/base/node-version')

const { readFileSync } = require('node:fs')
const { parseArgs } = require('node:util')

const { version } = require('../package.json')
const { escaped } = require('./escaped')

const HELP = `koa-session-rs: looks into session cookies, makes keys, checks an installation, and migrates apps

Usage: koa-session-rs <command> [options]

Commands
  inspect [COOKIE]  shows what a cookie holds, and what is wrong with it
  key               makes a key for app.keys, or for the option keys
  doctor            checks Node, the native addon, and the packages of the app in this folder
  migrate [FOLDER]  changes an app from another session package of Koa to this one

Options
  --json            prints one JSON object
  --help            prints this, or the help of a command
  --version         prints the version

Exit codes: 0 all is well; 1 something is wrong with what was looked at; 2 the command line is wrong.

Examples
  koa-session-rs key
  koa-session-rs doctor
  koa-session-rs inspect --help
  koa-session-rs migrate`

const COMMANDS = {
  inspect: () => require('./inspect'),
  key: () => require('./key'),
  doctor: () => require('./doctor'),
  migrate: () => require('./migrate')
}

const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean' } }

/** A mistake in the command line. */
class UsageError extends Error {}

/**
 * Runs the command line.
 *
 * @param {string[]} args
 * @param {{ env: object, readInput: () => string, print: (text: string) => void, fail: (text: string) => void }} surroundings
 * @returns {number} the exit code
 */
function run (args, { env, readInput, print, fail }) {
  try {
    const [name, ...rest] = args
    if (name === '--version') return done(print, version)
    if (name === undefined || name === '--help') return done(print, HELP)
    if (!Object.hasOwn(COMMANDS, name)) throw new UsageError('no such command; it is one of inspect, key, doctor and migrate')
    const command = COMMANDS[name]()
    const { values, positionals } = parse(rest, command)
    if (values.help) return done(print, command.help)
    const { text, report, isFine } = command.run({ values, positionals, env, readInput, UsageError })
    print(values.json ? escaped(JSON.stringify(report)) : text)
    return isFine ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    fail(`koa-session-rs: ${error.message} (see --help)`)
    return 2
  }
}

function done (print, text) {
  print(text)
  return 0
}

function parse (args, { options, allowPositionals }) {
  try {
    return parseArgs({ args, options: { ...COMMON, ...options }, allowPositionals })
  } catch (error) {
    // The message may quote an argument, which may be a key.
    if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError('an option is unknown; a value that begins with - is given as --option=VALUE')
    if (error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') throw new UsageError('this command takes no further argument')
    throw new UsageError('an option lacks its value, or has one that it does not take')
  }
}

function main () {
  // The reader of a pipe, such as head, may end first.
  process.stdout.on('error', (error) => { if (error.code !== 'EPIPE') throw error })
  process.exitCode = run(process.argv.slice(2), {
    env: process.env,
    readInput: () => readFileSync(0, 'utf8'),
    print: (text) => process.stdout.write(`${text}\n`),
    fail: (text) => process.stderr.write(`${text}\n`)
  })
}

if (require.main === module) main()

module.exports = { run }
