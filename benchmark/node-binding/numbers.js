'use strict'

let known
let numbers

/** Gives the array over a memory: in all calls it is the same one. */
function numbersIn (memory) {
  if (memory !== known) {
    numbers = new Float64Array(memory)
    known = memory
  }
  return numbers
}

module.exports = { numbersIn }
