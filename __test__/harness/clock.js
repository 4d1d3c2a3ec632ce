'use strict'

/** 2024-01-01T00:00:00.000Z: the initial time of frozen clocks. */
const START_MS = 1704067200000

/**
 * Freezes Date.now() until the test ends.
 *
 * @param {object} t the test
 * @returns {{ now: number }} set `now` to move the clock
 */
function freeze (t) {
  const clock = { now: START_MS }
  t.mock.method(Date, 'now', () => clock.now)
  return clock
}

module.exports = { START_MS, freeze }
