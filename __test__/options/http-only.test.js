'use strict'

const { refuses } = require('../harness/refusal')
const { attribute } = require('./attribute')

attribute('httpOnly', {
  values: [
    [undefined, '; path=/; httponly'],
    [true, '; path=/; httponly'],
    [false, '; path=/']
  ],
  ofCtx: [[false, '; path=/'], [true, '; path=/; httponly']]
})

refuses('httpOnly', [['yes', 'string']])
