'use strict'

// Packs the main package as it is published: node scripts/main-package.js <folder for the tarball>
// It names the platform packages as optional dependencies. package.json does not: before they are published,
// or while their next version is not, `npm install` in a checkout could not find them.

const { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { dirname, join, resolve } = require('node:path')
const { parseTriple } = require('@napi-rs/cli')
const npm = require('./npm')

const root = join(__dirname, '..')

function publishedManifest () {
  // What only a checkout has a use for stays in the checkout.
  const { devDependencies, napi, scripts, ...manifest } = require('../package.json')
  const platforms = napi.targets.map((triple) => `${manifest.name}-${parseTriple(triple).platformArchABI}`)
  manifest.optionalDependencies = Object.fromEntries(platforms.map((name) => [name, manifest.version]))
  return manifest
}

function pack (out) {
  const stage = mkdtempSync(join(tmpdir(), 'koa-session-rs-pack-'))
  try {
    const [{ files }] = JSON.parse(npm(['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root }))
    for (const { path } of files) {
      mkdirSync(join(stage, dirname(path)), { recursive: true })
      copyFileSync(join(root, path), join(stage, path))
    }
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(publishedManifest(), null, 2)}\n`)
    mkdirSync(out, { recursive: true })
    const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', resolve(out)], { cwd: stage }))
    return join(out, filename)
  } finally {
    rmSync(stage, { recursive: true })
  }
}

const [out] = process.argv.slice(2)
if (out === undefined) throw new Error('name a folder for the tarball')
console.log(pack(out))
