'use strict'

const neostandard = require('neostandard')

module.exports = [
  { ignores: ['target/', 'npm/'] },
  ...neostandard(),
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs' },
    rules: {
      strict: ['error', 'global']
    }
  }
]
