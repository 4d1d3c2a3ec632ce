'use strict'

// The differences from koa-session 7.0.2 that are wanted. `fault` is its number, `what` says how the two differ.
// An entry speaks of the scripts that it `applies` to, and is one of three kinds:
// - `mend` mends the fault in a copy of koa-session (see mended.js): everything must be equal then.
// - `wanted(script)` returns the script with which upstream does what is wanted with this one: everything must be equal then.
// - `reconcile(upstream, ours)` strikes the difference out of the two records, and says whether there was one.
// `example` is a script that shows the difference: without the entry the comparison fails on it. `shows` are lines of our log then.
// Mends are made in the order of the faults: a later one sees what an earlier one has mended.
module.exports = ['options', 'sending', 'failing', 'loading', 'data', 'saving', 'reading']
  .flatMap(part => require(`./allowed/${part}`))
  .sort((one, other) => one.fault - other.fault)
