'use strict'

const { request, script } = require('../by-hand')

/** Keeps the session's lines on Koa's error response, and does not change a decoder's error. */
const keeping = ContextSession => class extends ContextSession {
  sent () {
    const context = this
    const { ctx } = context
    if (context.isKept) return
    context.isKept = true
    const { onerror } = ctx
    ctx.onerror = function (error) {
      ctx.onerror = onerror
      if (error != null && !ctx.res.headersSent) putBackAtEnd(ctx.res, context.lines)
      return onerror.call(ctx, error)
    }
  }

  initFromCookie () {
    try {
      super.initFromCookie()
    } catch (error) {
      const { undecodable } = this
      if (undecodable?.headers) Object.defineProperty(undecodable.error, 'headers', undecodable.headers)
      else if (undecodable) delete undecodable.error.headers
      throw error
    }
  }
}

function putBackAtEnd (res, lines) {
  const { end } = res
  const names = lines.map(nameOf)
  // Of several lines for one cookie, the last one applies.
  const last = lines.filter((_, index) => !names.includes(names[index], index + 1))
  res.end = (...args) => {
    res.end = end
    const others = [res.getHeader('Set-Cookie') ?? []].flat().filter(line => !names.includes(nameOf(line)))
    if (!res.headersSent && lines.length > 0) res.setHeader('Set-Cookie', [...others, ...last])
    return end.apply(res, args)
  }
}

function nameOf (line) {
  return line.slice(0, line.indexOf('=') + 1)
}

/** If both the app and the commit fail, emits the commit's error, and throws the app's. */
const preferring = middleware => async (ctx, next) => {
  let failure
  const noting = async () => {
    try {
      await next()
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  try {
    await middleware(ctx, noting)
  } catch (error) {
    if (!failure || error === failure.error) throw error
    ctx.app.emit('error', error, ctx)
    throw failure.error
  }
}

const failingSet = { as: 'store', keep: 'text', timing: 'turn', missing: null, faults: [{ operation: 'set', each: 1 }], records: {} }

module.exports = [
  {
    fault: 5,
    what: 'the session\'s cookies are on the response of an error',
    applies: () => true,
    mend: { context: keeping },
    example: script({ requests: [{ ...request(['set', 'a', 1]), outcome: 'throw' }, request(['get', 'a'])] }),
    shows: ["route get 'a' = 1"]
  },
  {
    fault: 6,
    what: 'after an error of the route, an error of the store is emitted, and the route\'s is answered',
    applies: () => true,
    mend: { middleware: preferring },
    example: { ...script({ requests: [{ ...request(['set', 'a', 1]), outcome: 'throwStatus' }] }), hooks: { genid: 'counter' }, store: failingSet },
    shows: ['app error Error: set failed', 'app error ForbiddenError: not yours']
  }
]
