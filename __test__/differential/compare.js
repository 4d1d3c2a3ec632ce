'use strict'

const allowed = require('./allowed')
const { firstDifference } = require('./difference')
const mended = require('./mended')
const play = require('./runner')

/**
 * Plays a script with the implementations `{ upstream, ours }`. For an implementation of upstream with `mended: true`, the faults of the
 * table are corrected. Returns the records, the allowed differences that occurred, and the first difference that is not allowed, or null.
 */
async function compare (script, kinds, stage, table = allowed) {
  const entries = table.filter(entry => entry.applies(script))
  // Faults with `wanted` are not corrected in upstream. It plays a rewritten script, with which it does what ours does with the given one.
  const wanted = entries.reduce((rewritten, entry) => entry.wanted ? entry.wanted(rewritten) : rewritten, script)
  const session = mended(entries.flatMap(({ mend }) => mend ?? []))
  const upstream = await play(wanted, [kinds.upstream].flat().map(kind => kind.mended ? { ...kind, session } : kind), stage)
  const ours = await play(script, [kinds.ours].flat(), stage)
  const met = entries.filter(entry => entry.wanted || entry.mend || entry.reconcile(upstream, ours))
  return { difference: firstDifference(upstream, ours), upstream, ours, met }
}

/** Describes a difference: the script, where the records first differ, and both records of that request. */
function report (script, { difference, upstream, ours }) {
  const { request, part, line } = difference
  const text = [
    `seed ${script.seed}: ${part}${request === undefined ? '' : ` of request ${request}, line ${line}`}`,
    `  upstream: ${difference.upstream}`,
    `  ours:     ${difference.ours}`,
    `script: ${JSON.stringify(script)}`
  ]
  if (request !== undefined) {
    text.push(`sent: ${JSON.stringify(upstream.requests[request].sent)}`)
    text.push(...sides('upstream', upstream.requests[request]), ...sides('ours', ours.requests[request]))
  }
  return text.map(line => line.length > 3000 ? `${line.slice(0, 3000)}… (${line.length})` : line).join('\n')
}

function sides (who, { log, status, headers, body }) {
  return [`${who}:`, ...[...log, status, ...headers, body].map(line => `    ${line}`)]
}

module.exports = { compare, report }
