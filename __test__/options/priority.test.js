'use strict'

const { attribute } = require('./attribute')

attribute('priority', {
  values: [
    [undefined, '; path=/; httponly'],
    ['low', '; path=/; priority=low; httponly'],
    ['HIGH', '; path=/; priority=high; httponly']
  ],
  ofCtx: [['high', '; path=/; priority=high; httponly']],
  improper: ['highest'],
  refused: ['high; x', 'urgent', 'low\r']
})
