'use strict'

let known
let numbers

/** Returns the array over a memory, which is the same one in all calls. */
function numbersIn (memory) {
  if (memory !== known) {
    numbers = new Float64Array(memory)
    known = memory
  }
  return numbers
}

module.exports = { numbersIn }
