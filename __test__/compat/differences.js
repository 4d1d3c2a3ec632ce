'use strict'

/** How many differences are collected before a run ends. */
const ENOUGH = 3

/**
 * Plays random scripts, and returns the differences as text, each with the smallest script that shows it.
 *
 * @param {object} how
 * @param {(seed: number) => object} how.generate makes a script: `options`, and `requests` with lists of `edits` and `operations`
 * @param {(script: object) => Promise<{ difference?: { part: string }, met: Set<object> }>} how.compare
 * @param {number} first the seed of the first script
 * @param {number} count
 * @returns {Promise<{ found: string, met: Set<object> }>} met: the allowed differences that occurred
 */
async function differences ({ generate, compare }, first, count) {
  const found = []
  const met = new Set()
  for (let seed = first; seed < first + count && found.length < ENOUGH; seed++) {
    const script = generate(seed)
    const result = await compare(script)
    for (const entry of result.met) met.add(entry)
    if (result.difference === undefined) continue
    const small = await shrink(script, async (smaller) => (await compare(smaller)).difference?.part === result.difference.part)
    const { difference } = await compare(small)
    found.push(JSON.stringify({ script: small, ...difference }, undefined, 1))
  }
  return { found: found.join('\n'), met }
}

/** Leaves out of a script what its difference does not need: requests, edits, operations and options. */
async function shrink (script, differs) {
  for (;;) {
    const smaller = await firstOf(reductions(script), differs)
    if (smaller === undefined) return script
    script = smaller
  }
}

async function firstOf (scripts, differs) {
  for (const script of scripts) if (await differs(script)) return script
}

const without = (list, index) => list.filter((_, i) => i !== index)

function * reductions (script) {
  for (const index of script.requests.keys()) yield { ...script, requests: without(script.requests, index) }
  for (const name of Object.keys(script.options)) yield { ...script, options: Object.fromEntries(Object.entries(script.options).filter(([other]) => other !== name)) }
  for (const [index, request] of script.requests.entries()) {
    const changed = (changes) => ({ ...script, requests: script.requests.with(index, { ...request, ...changes }) })
    for (const list of ['edits', 'operations']) {
      for (const place of request[list].keys()) yield changed({ [list]: without(request[list], place) })
    }
    if (request.live) yield changed({ live: undefined })
  }
}

module.exports = { differences }
