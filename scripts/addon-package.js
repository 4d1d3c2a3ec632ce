'use strict'

const { copyFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { PLATFORMS, root } = require('./addons')
const manifest = require('../package.json')

/** Returns the packages of an addon for each platform, as optional dependencies. */
function platformPackages (name) {
  return Object.fromEntries(PLATFORMS.map((platform) => [`${name}-${platform}`, manifest.version]))
}

/**
 * Writes the package of an addon that is not part of the main package: it depends on a package for each platform, and loads the one
 * for the platform that the main package names.
 *
 * @param {string} folder an empty folder
 * @param {{ name: string, entry: string, description: string }} addon
 */
function stageAddonPackage (folder, { name, entry, description }) {
  const { version, keywords, license, engines, repository } = manifest
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({
    name,
    version,
    description,
    keywords,
    license,
    type: 'commonjs',
    main: './index.js',
    files: ['index.js'],
    engines,
    repository,
    optionalDependencies: platformPackages(name)
  }, null, 2)}\n`)
  writeFileSync(join(folder, 'index.js'), tableOf(name))
  writeFileSync(join(folder, 'README.md'), `# ${name}

The native addon of \`${entry}\`. Install it beside ${manifest.name}, in the same version:

\`\`\`sh
npm install ${manifest.name} ${name}
\`\`\`

It has nothing to be used by itself.
`)
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

const tableOf = (name) => `'use strict'

// Each require is a literal in its own try block, so that tracers find the files, and bundlers treat a missing one as optional.
module.exports = {
${PLATFORMS.map((platform) => `  '${platform}' (errors) {
    try { return require('${name}-${platform}') } catch (error) { errors.push(error) }
  }`).join(',\n')}
}
`

module.exports = { platformPackages, stageAddonPackage }
