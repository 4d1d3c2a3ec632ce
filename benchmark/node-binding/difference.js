'use strict'

/** The characters that begin and end keys and values, at any depth. */
const BEGINNING = '{['
const ENDING = '}]'

/**
 * Returns a request's changes, as JSON texts of the keys set and deleted; null if there are none. Values keep their JSON text.
 */
function difference (before, after) {
  const [known, now] = [fields(before), fields(after)]
  const [latest, current] = [new Map(known), new Map(now)]
  const set = now.filter(([key, json]) => latest.get(key) !== json).map(([key, json]) => `${key}:${json}`)
  const gone = known.map(([key]) => key).filter((key) => !current.has(key))
  if (set.length === 0 && gone.length === 0) return null
  return [set.length === 0 ? '' : `{${set}}`, gone.length === 0 ? '' : `[${gone}]`]
}

/** Splits a JSON object into the texts of its keys and values. */
function fields (json) {
  const result = []
  let [depth, from, key] = [0, 0]
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '"') at = endOfString(json, at)
    else if (BEGINNING.includes(character) && ++depth === 1) from = at + 1
    else if (depth === 1 && character === ':') [key, from] = [json.slice(from, at).trim(), at + 1]
    else if (depth === 1 && (character === ',' || character === '}')) {
      if (key !== undefined) result.push([key, json.slice(from, at).trim()])
      from = at + 1
    }
    if (ENDING.includes(json[at])) depth--
  }
  return result
}

function endOfString (json, from) {
  let at = from + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}

module.exports = { difference }
