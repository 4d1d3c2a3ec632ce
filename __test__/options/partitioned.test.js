'use strict'

const { attribute } = require('./attribute')

attribute('partitioned', {
  values: [
    [undefined, '; path=/; httponly'],
    [true, '; path=/; httponly; partitioned'],
    [false, '; path=/; httponly']
  ],
  ofCtx: [[true, '; path=/; httponly; partitioned'], [false, '; path=/; httponly']]
})
