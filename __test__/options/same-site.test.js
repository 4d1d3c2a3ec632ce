'use strict'

const { refuses } = require('../harness/refusal')
const { attribute } = require('./attribute')

attribute('sameSite', {
  values: [
    [undefined, '; path=/; httponly'],
    ['', '; path=/; httponly'],
    ['lax', '; path=/; samesite=lax; httponly'],
    ['STRICT', '; path=/; samesite=strict; httponly'],
    ['None', '; path=/; samesite=none; httponly']
  ],
  ofCtx: [
    ['lax', '; path=/; samesite=lax; httponly'],
    [true, '; path=/; samesite=strict; httponly'],
    [false, '; path=/; httponly']
  ],
  improper: ['loose'],
  refused: ['lax; secure', 'sometimes', 'lax\n']
})

refuses('sameSite', [[1, 'number']])
