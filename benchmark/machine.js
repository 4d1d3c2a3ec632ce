'use strict'

const os = require('node:os')
const { SUBJECTS } = require('./subjects')

/** Describes the machine, and the versions of the measured packages. */
function machine () {
  return {
    node: process.version,
    v8: process.versions.v8,
    cpu: os.cpus()[0].model.trim(),
    cores: os.availableParallelism(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    load: Number(os.loadavg()[0].toFixed(2)),
    versions: versions()
  }
}

function versions () {
  const packages = ['koa', 'cookies', ...new Set(SUBJECTS.map((subject) => subject.package).filter(Boolean))]
  const found = packages.map((name) => [name, require(`${name}/package.json`).version])
  const own = require('../package.json')
  return Object.fromEntries([...found, [own.name, own.version]])
}

module.exports = { machine }
