'use strict'

// The intended differences from koa-session 7.0.2. `fault` is the number of its fault, `what` says what we do instead.
// An entry concerns the scripts for which `applies` returns true, and is one of three kinds:
// - `mend` corrects the fault in a copy of koa-session (see mended.js). The records must then be equal.
// - `wanted(script)` returns a script with which koa-session does what we do with this one. The records must then be equal.
// - `reconcile(upstream, ours)` removes the difference from the two records, and returns whether there was one.
// `example` is a script that shows the difference: without the entry, the comparison fails. `shows` are lines of our log for it.
// Mends are applied in the order of the faults: a later one extends what an earlier one has corrected.
module.exports = ['options', 'sending', 'failing', 'loading', 'data', 'saving', 'reading']
  .flatMap(part => require(`./allowed/${part}`))
  .sort((one, other) => one.fault - other.fault)
