'use strict'

exports.keys = 'keys of the app'
exports.security = { csrf: false }
exports.logger = { consoleLevel: 'NONE' }
