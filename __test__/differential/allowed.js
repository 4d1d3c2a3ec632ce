'use strict'

const { firstDifference } = require('./difference')
const { script, request } = require('./by-hand')

// Two values that koa-session takes for one: JSON.stringify({ a: value }) has the same CRC32.
const collision = ['ge6yuo', '13y7je9']

// A call of koa-session's own through the session object, on which the data has put something else.
const inside = /TypeError: (this|session|this\.session)\.(toJSON|commit) is not a function/

// The differences from koa-session 7.0.2 that are wanted. `row` is the number of the fault, `what` says how the two differ.
// An entry speaks of the scripts that it `applies` to, and is one of two kinds:
// - `wanted(script)` returns the script with which upstream does what is wanted with this one: everything must be equal then.
// - `reconcile(upstream, ours)` strikes the difference out of the two records, and says whether there was one.
// `example` is a script that shows the difference: without the entry the comparison fails on it. `shows` are lines of our log then.
module.exports = [
  {
    row: 11,
    what: 'after regenerate, session.externalKey is the new id',
    applies: script => Boolean(script.store),
    reconcile: eachPair((left, right, before) => {
      const [old, id] = [left, right].map(line => line.match(/ (?:read|get) 'externalKey' = (.*)$/)?.[1])
      const made = before.findLast(line => line.startsWith('genid gave '))
      return id && before.includes(`store.destroy/2 ${old}  ctx {}`) && [undefined, `genid gave ${id}`].includes(made)
    }),
    example: script({ store: true, requests: [request(['regenerate'], ['read', 'externalKey'])] }),
    shows: ["route read 'externalKey' = 'id-2'"]
  },
  {
    row: 16,
    what: 'a change that keeps the CRC32 is written',
    applies: script => collision.every(value => JSON.stringify(script).includes(`"${value}"`)),
    reconcile: endAt(({ upstream, ours }) => upstream === 'nothing' && ours.startsWith('store.set/4 ') && collision.some(value => ours.includes(`{ a: '${value}', `))),
    example: script({ store: true, requests: collision.map(value => request(['set', 'a', value])) }),
    shows: ["store.set/4 'id-1' { a: '13y7je9', _expire: 1700086400002, _maxAge: 86400000 } 86410000 ctx { changed: true, rolling: false }"]
  },
  {
    row: 19,
    what: 'a second session() finds the session of the first loaded, and does not load it again',
    applies: script => Boolean(script.second && script.store),
    // The second load asks for the id again, which may clear a bad signature again.
    reconcile: endAt(({ upstream }) => /^(store\.get|genid|externalKey\.get|cookies\.(get|set))/.test(upstream) || upstream.includes('.sig=; ')),
    example: script({ store: true, second: {}, requests: [request(['count', 'views']), request(['get', 'views'])] }),
    shows: ["store.get/3 'id-1' undefined ctx { rolling: false }", "route get 'views' = 1"]
  },
  {
    row: 21,
    what: 'null and undefined mean the default, and sameSite may be true or false',
    applies: ({ options, requests }) => Object.entries(options).some(isUnset) || typeof options.sameSite === 'boolean' || requests.some(setsNull),
    wanted (script) {
      const options = Object.fromEntries(Object.entries(script.options).filter(option => !isUnset(option)))
      if (options.sameSite === true) options.sameSite = 'strict'
      if (options.sameSite === false) delete options.sameSite
      const requests = script.requests.map(request => setsNull(request) ? { ...request, live: [['maxAge', { $: 'undefined' }]] } : request)
      return { ...script, options, requests }
    },
    example: script({ options: { key: null, maxAge: null, sameSite: true, store: null }, requests: [request(['set', 'a', 1]), request(['get', 'a'])] })
  },
  {
    row: 22,
    what: 'options may be frozen',
    applies: script => Boolean(script.frozenOptions),
    wanted: script => ({ ...script, frozenOptions: undefined }),
    example: script({ frozenOptions: true, requests: [request(['set', 'a', 1])] })
  },
  {
    row: 22,
    what: 'options are not written to',
    applies: script => Boolean(script.watchOptions),
    reconcile (upstream, ours) {
      if (upstream.optionsKept !== false || ours.optionsKept !== true) return false
      upstream.optionsKept = true
      return true
    },
    example: script({ watchOptions: true, requests: [request(['set', 'a', 1])] })
  },
  {
    row: 24,
    what: 'data named like a method, or __proto__, breaks nothing inside',
    applies: () => true,
    reconcile: endAt(({ upstream, ours }) => inside.test(upstream) && !inside.test(ours)),
    example: script({ store: true, requests: [request(['assign', { $: 'parsed', text: '{"__proto__":{"isAdmin":true},"a":1,"commit":2}' }]), request(['toJSON'], ['get', 'isAdmin'])] }),
    shows: ['route toJSON  = { a: 1, commit: 2 }', "route get 'isAdmin' = undefined"]
  }
]

// Attributes of the cookie are passed on as they are.
function isUnset ([name, value]) {
  return name !== 'domain' && name !== 'expires' && (value === null || value?.$ === 'undefined')
}

function setsNull ({ live }) {
  return live?.[0][0] === 'maxAge' && live[0][1] === null
}

// Goes through the lines of both logs side by side, and takes ours for right wherever `isWanted(left, right, lines before)` says so.
function eachPair (isWanted) {
  return (upstream, ours) => {
    let met = false
    for (const [index, { log }] of ours.requests.entries()) {
      const other = upstream.requests[index]?.log ?? []
      for (const [line, right] of log.entries()) {
        if (other[line] === undefined || other[line] === right || !isWanted(other[line], right, log.slice(0, line))) continue
        other[line] = right
        met = true
      }
    }
    return met
  }
}

// From a fault of upstream's on the two worlds part for good: the records are compared up to there.
function endAt (isFault) {
  return (upstream, ours) => {
    const difference = firstDifference({ requests: upstream.requests }, { requests: ours.requests })
    if (!difference || !isFault(difference)) return false
    const { request, part, line } = difference
    for (const record of [upstream, ours]) {
      const log = part === 'log' ? record.requests[request].log.slice(0, line) : []
      record.requests = [...record.requests.slice(0, request), { log, status: 0, headers: [], body: '' }]
    }
    return true
  }
}
