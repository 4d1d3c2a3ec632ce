'use strict'

// Packs the main package, and the packages of the other addons, as they are published:
// node scripts/main-package.js <folder for the tarballs>
// The published manifest has the platform packages as optional dependencies, and the addons' packages as optional peers. package.json
// does not, since `npm install` in a checkout would look for versions that are not published yet.

const { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { dirname, join, resolve } = require('node:path')
const { platformPackages, stageAddonPackage } = require('./addon-package')
const { addons, root } = require('./addons')
const { bundle } = require('./bundle')
const npm = require('./npm')

const packages = addons().filter(({ entry }) => entry !== undefined)

function publishedManifest () {
  // Leaves out the fields that only a checkout needs.
  const { devDependencies, napi, scripts, ...manifest } = require('../package.json')
  manifest.optionalDependencies = platformPackages(manifest.name)
  for (const { name } of packages) {
    manifest.peerDependencies[name] = manifest.version
    manifest.peerDependenciesMeta[name] = { optional: true }
  }
  return manifest
}

function stageMainPackage (folder) {
  const [{ files }] = JSON.parse(npm(['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root }))
  for (const { path } of files) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    copyFileSync(join(root, path), join(folder, path))
  }
  bundle(folder)
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(publishedManifest(), null, 2)}\n`)
}

/** Packs the files that `stage` writes into an empty folder, and returns the tarball's path. */
function pack (out, stage) {
  const folder = mkdtempSync(join(tmpdir(), 'koa-session-rs-pack-'))
  try {
    stage(folder)
    mkdirSync(out, { recursive: true })
    const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', resolve(out)], { cwd: folder }))
    return join(out, filename)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [out] = process.argv.slice(2)
if (out === undefined) throw new Error('name a folder for the tarballs')
console.log(pack(out, stageMainPackage))
for (const addon of packages) console.log(pack(out, (folder) => stageAddonPackage(folder, addon)))
