'use strict'

const assert = require('node:assert/strict')
const { readdirSync } = require('node:fs')
const { join } = require('node:path')

// A program that requires its first argument, and prints the fields of the error as JSON.
const REPORT = `
  try {
    require(process.argv[1])
    console.log(JSON.stringify({ code: 'loaded' }))
  } catch (error) {
    const { code, package: name, platform, arch, libc, message, cause, causes } = error
    console.log(JSON.stringify({
      code, package: name, platform, arch, libc, message, cause: cause && { code: cause.code, found: cause.found }, causes: causes?.length
    }))
  }`

function filesIn (folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort()
}

// Requires a module in the installation, and returns the error in the form that REPORT prints.
function loading (installation, what = 'koa-session-rs', ...flags) {
  const { status, stdout, stderr } = installation.node(...flags, '-e', REPORT, what)
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

function assertRefused (report, platform, arch, named) {
  assert.deepEqual([report.code, report.platform, report.arch], ['ERR_SESSION_BINDING', platform, arch])
  assert.ok(report.message.includes(named), report.message)
  assert.ok(report.message.split('\n').length <= 7, report.message)
}

module.exports = { assertRefused, filesIn, loading }
