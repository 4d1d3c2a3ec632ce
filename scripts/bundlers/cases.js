'use strict'

// What docs/bundling.md says about each bundler, as builds and runs.

const { blocksOf } = require('../../__test__/documents/blocks')

const PAGE = 'docs/bundling.md'

/** The commands that build with a file of the page. Others are programs. */
const COMMANDS = {
  'webpack.config.js': 'npx webpack',
  'rollup.config.mjs': 'npx rollup -c',
  'vite.config.mjs': 'npx vite build',
  'next.config.mjs': 'npx next build'
}

/** How a bundle gets its binaries: from `node_modules`, from files that the build makes, or from itself. */
const WAYS = { EXTERNAL: 'external', COPIED: 'copied', INSIDE: 'inside' }

/**
 * The bundlers by the headings of the page, with the packages to install, and a build for each code block. `run` is the command that
 * runs the bundle, `args` are added to the command that builds it, and `withKoa` says that the bundle lacks Koa, too. `setting` is the
 * text or line of a block without which its build fails. `error` is what is printed without the binary, if it is not ERR_SESSION_BINDING.
 */
const BUNDLERS = {
  esbuild: {
    packages: { esbuild: '0.28.2' },
    builds: [
      { block: 0, way: WAYS.EXTERNAL, run: 'node app.js', setting: ' --external:koa-session-rs' },
      { block: 1, way: WAYS.COPIED, run: 'node app.js' },
      { block: 2, way: WAYS.COPIED, run: 'node app.mjs' }
    ]
  },
  webpack: {
    packages: { webpack: '5.113.0', 'webpack-cli': '7.3.1', 'node-loader': '2.1.0' },
    builds: [
      { block: 0, way: WAYS.EXTERNAL, run: 'node app.js', setting: 'externals:' },
      { block: 1, way: WAYS.COPIED, run: 'node app.js' }
    ]
  },
  rollup: {
    packages: {
      rollup: '4.68.8', '@rollup/plugin-commonjs': '29.0.3', '@rollup/plugin-json': '6.1.0', '@rollup/plugin-node-resolve': '16.0.3'
    },
    builds: [{ block: 0, way: WAYS.EXTERNAL, run: 'node app.mjs', setting: 'external:' }]
  },
  Vite: {
    packages: { vite: '8.3.8' },
    builds: [
      { block: 0, way: WAYS.EXTERNAL, run: 'node app.mjs', withKoa: true },
      { block: 1, way: WAYS.EXTERNAL, run: 'node app.mjs', setting: 'external:' }
    ]
  },
  'Next.js': {
    packages: { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' },
    isServer: true,
    output: '.next/standalone',
    builds: [
      {
        block: 0,
        way: WAYS.COPIED,
        run: 'node server.js',
        setting: 'serverExternalPackages:',
        error: 'Failed to load external module koa-session-rs'
      },
      { block: 0, way: WAYS.COPIED, run: 'node server.js', args: '--webpack' }
    ]
  },
  Bun: {
    packages: { bun: '1.4.5' },
    builds: [
      { block: 0, way: WAYS.EXTERNAL, run: 'node app.js' },
      { block: 1, way: WAYS.COPIED, run: 'node app.js' },
      { block: 2, way: WAYS.INSIDE, run: './app' }
    ]
  },
  '@vercel/nft': {
    packages: { '@vercel/nft': '1.11.5' },
    builds: [{ block: 0, way: WAYS.COPIED, run: 'node app.mjs' }]
  }
}

/** Returns a block's code, without a setting if one is given. */
function codeOf ({ language, code }, setting) {
  if (setting === undefined) return code
  if (!code.includes(setting)) throw new Error(`a block of ${PAGE} does not have: ${setting}`)
  return language === 'sh' ? code.replace(setting, '') : code.split('\n').filter((line) => !line.trim().startsWith(setting)).join('\n')
}

/**
 * Returns how to build with a block of the page.
 *
 * @param {string} heading
 * @param {{ block: number, args?: string }} build
 * @param {string} [setting] is left out
 * @returns {{ command: string, file?: string, text?: string }} the file to write first, if any
 */
function howTo (heading, { block: index, args = '' }, setting) {
  const block = [...blocksOf(PAGE, 'sh'), ...blocksOf(PAGE, 'js')].sort((a, b) => a.line - b.line)
    .filter((block) => block.heading === heading)[index]
  const code = codeOf(block, setting)
  if (block.language === 'sh') return { command: `${code.trim()} ${args}` }
  const file = /^\/\/ (\S+)\n/.exec(code)[1]
  return { command: `${COMMANDS[file] ?? `node ${file}`} ${args}`, file, text: code }
}

module.exports = { BUNDLERS, PAGE, WAYS, howTo }
