'use strict'

const { waitFor } = require('./waiting')

/** The warnings of the process since this file was loaded. */
const warnings = []
process.on('warning', ({ code, message }) => warnings.push({ code, message }))

/** Waits for a warning. */
const warned = (code) => waitFor(`warning ${code}`, () => warnings.find((warning) => warning.code === code))

module.exports = { warnings, warned }
