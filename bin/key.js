'use strict'

const { randomBytes } = require('node:crypto')

const help = `Makes a key of random bytes, as text: for app.keys, or for the option keys.

Usage: koa-session-rs key [--bytes N] [--json]

  --bytes N  how many random bytes: 32 (the default) to 64

The text itself is the key; it is not decoded. Keep it in the environment or in a secret store, not in the code.

Example
  SESSION_KEY=$(npx koa-session-rs key)`

function run ({ values: { bytes = '32' }, UsageError }) {
  if (!/^\d+$/.test(bytes) || Number(bytes) < 32 || Number(bytes) > 64) throw new UsageError('--bytes takes a whole number from 32 to 64')
  const key = randomBytes(Number(bytes)).toString('base64url')
  return { text: key, report: { key, bytes: Number(bytes) }, isFine: true }
}

module.exports = { help, options: { bytes: { type: 'string' } }, allowPositionals: false, run }
