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
  },
  {
    files: ['lib/**/*.js'],
    rules: {
      'no-restricted-syntax': ['error', {
        selector: ':matches(AssignmentExpression[left.object.name=/^contextSession$|^request$/], ' +
          "UpdateExpression[argument.object.name='contextSession'])",
        message: "The state of a request's session is written by its own methods alone."
      }]
    }
  }
]
