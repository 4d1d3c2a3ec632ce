'use strict'

// JSON that is not spelt as by JSON.stringify, as in the cookie of another implementation.

const values = [
  0, 1, -1, 10, 1000, 1.5, 0.1, 1e21, 1e-7, 2 ** 53, '', 'a', 'A/b', 'é', '日本', '\u2028', '"\\', '\n', 'a\u007f', true, false, null, [], {}, [1, 'x', [2]],
  { a: { b: 1 } }, { 2: 'x', 1: 'y', z: 0 }, [{ b: 1, a: 2 }]
]
const keys = ['a', 'b', 'user', 'views', '10', '2', 'é', 'x y', '_private', '']

const numberSpellings = [number => `${number}.0`, number => `${number}e0`, number => `${number}E+0`, number => number === 0 ? '-0' : `${number}00e-2`]

function spellNumber (number, random) {
  const text = JSON.stringify(number)
  return /^-?\d+$/.test(text) && random.chance(0.3) ? random.pick(numberSpellings)(number) : text
}

function spellString (string, random) {
  return JSON.stringify(string).replace(/[a-zé日/]/g, letter => {
    // An `n` may belong to the escape \n. No other letter of the texts above is part of an escape.
    if (letter === 'n' || !random.chance(0.1)) return letter
    return letter === '/' ? '\\/' : `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function spell (value, random, space) {
  if (typeof value === 'number') return spellNumber(value, random)
  if (typeof value === 'string') return spellString(value, random)
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(inner => `${space()}${spell(inner, random, space)}`).join(',')}${space()}]`
  return spellMembers(Object.entries(value).map(([key, inner]) => [key, spell(inner, random, space)]), random, space)
}

function spellMembers (members, random, space) {
  return `{${members.map(([key, text]) => `${space()}${spellString(key, random)}${space()}:${space()}${text}`).join(',')}${space()}}`
}

const envelopes = [
  [['_expire', '@NOW+60000@'], ['_maxAge', '60000']],
  [['_maxAge', '60000'], ['_expire', '@NOW+60000@']],
  [['_expire', '@NOW+60000@']],
  [['_session', 'true']],
  [['_expire', '@NOW-1@'], ['_maxAge', '60000']],
  []
]

/** Draws the text of a session, with the envelope after the user's keys, before them or among them. */
function drawSpelling (random) {
  const loose = random.chance(0.4)
  const space = () => loose && random.chance(0.15) ? random.pick([' ', '\n', '\t ']) : ''
  const members = random.times(random.below(4), () => [random.pick(keys), spell(random.pick(values), random, space)])
  const envelope = random.pick(envelopes)
  const at = random.chance(0.6) ? members.length : random.below(members.length + 1)
  return spellMembers([...members.slice(0, at), ...envelope, ...members.slice(at)], random, space)
}

module.exports = drawSpelling
