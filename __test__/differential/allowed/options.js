'use strict'

const { request, script } = require('../by-hand')

// Other attributes of the cookie are passed to `cookies` unchanged.
function isUnset ([name, value]) {
  return name !== 'domain' && name !== 'expires' && (value === null || value?.$ === 'undefined')
}

function setsNull ({ live }) {
  return live?.[0][0] === 'maxAge' && live[0][1] === null
}

/** Refuses the assignment of an invalid maxAge. */
const refusing = Base => class Session extends Base {
  get maxAge () {
    return super.maxAge
  }

  set maxAge (value) {
    super.maxAge = toMaxAge(value)
  }
}

function toMaxAge (value) {
  if (value === undefined || value === null || value === false || value === 'session') return value ?? undefined
  if (Number.isFinite(value)) return value
  throw Object.assign(new TypeError(), { name: 'SessionOptionError', code: 'ERR_SESSION_OPTION' })
}

const isMaxAge = value => value === 'session' || Number.isFinite(value)

const passingOver = ContextSession => class extends ContextSession {
  isIncoming = false

  async initFromExternal () {
    this.isIncoming = true
    try {
      await super.initFromExternal()
    } finally {
      this.isIncoming = false
    }
  }

  initFromCookie () {
    this.isIncoming = true
    try {
      super.initFromCookie()
    } finally {
      this.isIncoming = false
    }
  }

  create (data, id) {
    super.create(hasInvalidMaxAge(data, this.isIncoming) ? withoutInvalidMaxAge(data, this.isIncoming) : data, id)
  }
}

function hasInvalidMaxAge (data, isIncoming) {
  return data && (('_maxAge' in data && !isMaxAge(data._maxAge)) || (isIncoming && 'maxAge' in data && !isMaxAge(data.maxAge)))
}

function withoutInvalidMaxAge (data, isIncoming) {
  const copy = {}
  for (const key in data) {
    const isDropped = (key === '_maxAge' || (key === 'maxAge' && isIncoming)) && !isMaxAge(data[key])
    if (!isDropped) Object.defineProperty(copy, key, { value: data[key], enumerable: true, writable: true, configurable: true })
  }
  return copy
}

module.exports = [
  {
    fault: 21,
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
    fault: 22,
    what: 'options may be frozen',
    applies: script => Boolean(script.frozenOptions),
    wanted: script => ({ ...script, frozenOptions: undefined }),
    example: script({ frozenOptions: true, requests: [request(['set', 'a', 1])] })
  },
  {
    fault: 22,
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
    fault: 35,
    what: 'an invalid maxAge throws when it is assigned, and is ignored in data',
    applies: () => true,
    mend: { session: refusing, context: passingOver },
    example: script({ requests: [request(['setMaxAge', { $: 'nan' }], ['setMaxAge', 1500.5], ['setMaxAge', '1000'], ['read', 'maxAge'])] }),
    shows: ["route setMaxAge { '$': 'nan' } threw SessionOptionError [ERR_SESSION_OPTION]", "route read 'maxAge' = 1500.5"]
  }
]
