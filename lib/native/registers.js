'use strict'

/**
 * Numbers that the core leaves beside the text of an opened cookie, so that no object has to cross.
 * binding/src/registers.rs has the same places; a call's numbers hold until the next call.
 */

const registers = new Float64Array(5)

/** Their memory, which each call is given that leaves numbers there. */
const memory = registers.buffer

/** Places in `registers`. `EXPIRE_MS` and `MAX_AGE_MS` are set where the shape is TIMED. */
const REGISTER = { REPAIR: 0, VERDICT: 1, SHAPE: 2, EXPIRE_MS: 3, MAX_AGE_MS: 4 }

/** What is to be done about a signature. */
const REPAIR = { NONE: 0, REISSUE: 1, CLEAR: 2 }

/** What an opened text is: the user's keys alone (living for a time, or as long as the browser), or a foreign text whole. */
const SHAPE = { TIMED: 0, BROWSER: 1, FOREIGN: 2 }

module.exports = { registers, memory, REGISTER, REPAIR, SHAPE }
