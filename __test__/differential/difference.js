'use strict'

/** Returns the first difference of two records, `{ part, upstream, ours }` with the request and line, or null. */
function firstDifference (upstream, ours) {
  if (Boolean(upstream.refused) !== Boolean(ours.refused)) {
    return { part: 'start', upstream: upstream.refused ?? 'started', ours: ours.refused ?? 'started' }
  }
  if (upstream.optionsKept !== ours.optionsKept) {
    return { part: 'options kept', upstream: String(upstream.optionsKept), ours: String(ours.optionsKept) }
  }
  for (const [request, record] of upstream.requests.entries()) {
    // The log first, since it shows when they began to differ.
    for (const part of ['log', 'status', 'headers', 'body']) {
      const line = firstLine([record[part]].flat(), [ours.requests[request][part]].flat())
      if (line) return { request, part, ...line }
    }
  }
  return null
}

function firstLine (upstream, ours) {
  for (let line = 0; line < Math.max(upstream.length, ours.length); line++) {
    if (upstream[line] !== ours[line]) return { line, upstream: upstream[line] ?? 'nothing', ours: ours[line] ?? 'nothing' }
  }
}

module.exports = { firstDifference }
