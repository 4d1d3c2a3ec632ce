'use strict'

const { execFileSync } = require('node:child_process')
const { dirname, join } = require('node:path')
const { find } = require('../../__test__/servers/process')
const { SUBJECTS } = require('./subjects')

/** Returns the versions of all compared packages that are installed, and of the server. */
function packageVersions () {
  const names = new Set(['koa', 'koa-session', ...SUBJECTS.flatMap(({ packages = [] }) => packages)])
  const own = require('../../package.json')
  const found = [...names].map((name) => [name, versionOf(name)]).filter(([, version]) => version)
  return { ...Object.fromEntries(found), ...redisVersion(), [own.name]: own.version }
}

/** Reads a package.json from the disk, since the `exports` of some packages hide it. */
function versionOf (name) {
  const root = join(dirname(require.resolve('koa/package.json')), '..')
  try {
    return require(join(root, name, 'package.json')).version
  } catch {
    return undefined
  }
}

function redisVersion () {
  const program = find('redis-server', 'valkey-server')
  if (program === undefined) return {}
  const [, version] = /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' })) ?? []
  return { 'redis-server': version }
}

module.exports = { packageVersions }
