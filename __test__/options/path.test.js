'use strict'

const { attribute, sends } = require('./attribute')

// The default; with undefined or null, there is no path attribute.
sends({}, '; path=/; httponly')

attribute('path', {
  values: [
    [undefined, '; httponly'],
    [null, '; httponly'],
    ['', '; httponly'],
    ['/app', '; path=/app; httponly']
  ],
  ofCtx: [['/shop', '; path=/shop; httponly']],
  improper: ['a;b', 'a\nb'],
  refused: ['/; domain=evil.example', '/\r\nSet-Cookie: a=b', '/\u0007', '/\u007f']
})
