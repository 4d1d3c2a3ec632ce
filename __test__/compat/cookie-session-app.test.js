'use strict'

// What the random scripts do not show: errors, events, options that cookie-session takes and the entry refuses, hostile data.

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { Readable } = require('node:stream')

const Keygrip = require('keygrip')
const Koa = require('koa')
const Koa2 = require('koa2')
const original = require('cookie-session')

const cookieSession = require('../../compat/cookie-session')
const { Compiler, Declarations } = require('../types/compiler')
const { countsTo, staged } = require('../documents/stage')
const { serve } = require('../harness/server')
const { settled } = require('../harness/waiting')

const KEYS = ['a key', 'an older key']

/** Serves an app with the entry, and records its errors and events. */
async function start (t, options, respond, prepare = () => {}, App = Koa) {
  const app = new App()
  const errors = []
  const events = []
  app.on('error', (err) => errors.push(err))
  for (const name of ['session:uncommitted', 'session:oversize', 'session:forged']) app.on(name, (event) => events.push([name, event]))
  prepare(app)
  app.use(cookieSession(options))
  app.use(respond)
  return Object.assign(await serve(t, app), { errors, events, settled })
}

const count = (ctx) => {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  ctx.body = ctx.session
}

/** Returns a signed Cookie header. */
function signed (json, { name = 'session', keys = KEYS } = {}) {
  const pair = `${name}=${Buffer.from(json).toString('base64')}`
  return `${pair}; ${name}.sig=${new Keygrip(keys).sign(pair)}`
}

function thrownBy (run) {
  try {
    run()
  } catch (err) {
    return err
  }
}

describe('the options', () => {
  test('without keys: the error of cookie-session, with a code', () => {
    for (const options of [undefined, {}, { secret: '' }, { keys: null, signed: null }, { signed: true }]) {
      const [theirs, ours] = [original, cookieSession].map((make) => thrownBy(() => make(options && { ...options })))
      assert.equal(ours.message, theirs.message)
      assert.deepEqual([ours.code, ours.option], ['ERR_SESSION_OPTION', 'keys'])
    }
  })

  for (const [what, options, option] of [
    ['no keys in the array', { keys: [] }, 'keys'], ['an empty key', { keys: ['a', ''] }, 'keys'], ['a key that is missing', { keys: [undefined] }, 'keys'],
    ['keys that are a text', { keys: 'abc' }, 'keys'], ['keys of another kind', { keys: {} }, 'keys'], ['a secret that is no text', { secret: 5 }, 'secret'],
    ['a name that is no text', { name: 5, keys: KEYS }, 'name'], ['bad keys of unsigned cookies', { keys: [], signed: false }, 'keys']
  ]) {
    test(`refused: ${what}`, () => {
      const err = thrownBy(() => cookieSession(options))
      assert.deepEqual([err.code, err.option], ['ERR_SESSION_OPTION', option])
    })
  }

  test('are not written to, may be frozen, and are read live', async (t) => {
    const options = Object.freeze({ keys: KEYS })
    const server = await start(t, options, count)
    assert.equal((await server.get('/')).setCookie.length, 2)
    const live = { keys: KEYS }
    const second = await start(t, live, count)
    live.httpOnly = false
    assert.ok(!(await second.get('/')).setCookie[0].includes('httponly'))
    assert.deepEqual(Object.keys(live), ['keys', 'httpOnly'])
  })

  test('an empty or missing name is the default', async (t) => {
    for (const name of ['', undefined, null]) {
      const server = await start(t, { name, keys: KEYS }, count)
      assert.deepEqual([...(await server.get('/')).cookies.keys()], ['session', 'session.sig'])
    }
  })

  test('ctx.sessionOptions inherits them, with the defaults, for one request', async (t) => {
    const server = await start(t, { keys: KEYS, maxAge: 5000 }, (ctx) => {
      const { overwrite, httpOnly, signed, maxAge } = ctx.sessionOptions
      ctx.sessionOptions.maxAge = 1
      ctx.body = { overwrite, httpOnly, signed, maxAge, own: Object.keys(ctx.sessionOptions) }
    })
    for (let i = 0; i < 2; i++) {
      assert.deepEqual((await server.get('/')).json, { overwrite: true, httpOnly: true, signed: true, maxAge: 5000, own: ['maxAge'] })
    }
  })

  test('ctx.sessionOptions that the app has replaced by nothing does not make cookies unsigned', async (t) => {
    const server = await start(t, { keys: KEYS }, (ctx) => {
      ctx.sessionOptions = undefined
      ctx.body = ctx.session
    })
    assert.deepEqual((await server.get('/', { cookie: 'session=eyJhIjoxfQ==' })).json, {})
    assert.deepEqual((await server.get('/', { cookie: signed('{"a":1}') })).json, { a: 1 })
  })

  test('ctx.sessionOptions can be replaced for one request', async (t) => {
    const server = await start(t, { keys: KEYS, maxAge: 5000 }, (ctx) => {
      ctx.sessionOptions = { httpOnly: false, signed: false, path: '/app' }
      ctx.session.a = 1
      ctx.body = ''
    })
    assert.deepEqual((await server.get('/')).setCookie, ['session=eyJhIjoxfQ==; path=/app'])
  })

  test('signed for one request, without keys: refused, and app.keys are not taken', async (t) => {
    const server = await start(t, { signed: false }, (ctx) => {
      ctx.sessionOptions.signed = true
      if (ctx.path === '/write') ctx.session = { a: 1 }
      else ctx.body = ctx.session
    }, (app) => { app.keys = KEYS })
    assert.equal((await server.get('/', { cookie: signed('{"a":1}') })).status, 500)
    assert.deepEqual((await server.get('/write')).setCookie, [])
    assert.deepEqual(server.errors.filter(({ code }) => code !== undefined).map(({ code, option }) => [code, option]), Array(2).fill(['ERR_SESSION_OPTION', 'keys']))
  })
})

describe('a session that cannot be sent', () => {
  const circular = {}
  circular.itself = circular

  for (const [what, value, code] of [['a BigInt', 1n, 'ERR_SESSION_VALUE'], ['a cycle', circular, undefined], ['toJSON that throws', { toJSON () { throw new TypeError('own') } }, undefined]]) {
    test(`${what}: the response is sent, and the app emits the error`, async (t) => {
      const server = await start(t, { keys: KEYS }, (ctx) => {
        ctx.session.value = value
        ctx.body = 'sent'
      })
      const { status, body, setCookie } = await server.get('/')
      assert.deepEqual([status, body, setCookie], [200, 'sent', []])
      assert.equal(server.errors.length, 1)
      assert.ok(server.errors[0] instanceof TypeError)
      assert.equal(server.errors[0].code, code)
    })
  }

  for (const [option, options] of [
    ['path', { path: '/a;b' }], ['path', { path: 5 }], ['domain', { domain: 'a;b' }], ['sameSite', { sameSite: 'other' }], ['priority', { priority: 'other' }],
    ['maxAge', { maxAge: NaN }], ['maxAge', { maxAge: '5' }], ['maxAge', { maxAge: Infinity }], ['maxAge', { maxage: 'session' }],
    ['expires', { expires: 'tomorrow' }], ['expires', { expires: new Date(NaN) }], ['name', { name: 'a;b' }], ['name', { name: 'k=1' }], ['name', { name: 'ключ' }]
  ]) {
    test(`with ${option} ${JSON.stringify(Object.values(options)[0])}: the app emits the error`, async (t) => {
      const server = await start(t, { keys: KEYS, ...options }, count)
      const { status, setCookie } = await server.get('/', { cookie: signed('{"a":1}') })
      assert.deepEqual([status, setCookie], [200, []])
      assert.deepEqual(server.errors.map(({ code, option }) => [code, option]), [['ERR_SESSION_OPTION', option]])
    })
  }

  test('with secure on an insecure connection: an event, no error', async (t) => {
    const server = await start(t, { keys: KEYS, secure: true }, count, (app) => { app.proxy = true })
    assert.deepEqual((await server.get('/')).setCookie, [])
    await settled()
    assert.deepEqual(server.events.map(([name, { reason }]) => [name, reason]), [['session:uncommitted', 'insecure']])
    const { setCookie } = await server.get('/', { 'x-forwarded-proto': 'https' })
    assert.ok(setCookie.length === 2 && setCookie.every((line) => line.endsWith('; path=/; secure; httponly')))
    assert.deepEqual(server.errors, [])
  })

  test('with app.proxy unset, the header of a client does not make a connection secure', async (t) => {
    const server = await start(t, { keys: KEYS }, count)
    assert.ok((await server.get('/', { 'x-forwarded-proto': 'https' })).setCookie.every((line) => !line.includes('secure')))
  })
})

describe('events', () => {
  test('a cookie that browsers drop for its size', async (t) => {
    const server = await start(t, { keys: KEYS }, (ctx) => {
      ctx.session.text = 'x'.repeat(5000)
      ctx.body = ''
    })
    const value = Buffer.from(JSON.stringify({ text: 'x'.repeat(5000) })).toString('base64')
    assert.ok((await server.get('/')).setCookie[0].startsWith(`session=${value};`))
    await settled()
    assert.deepEqual(server.events.map(([name, { bytes, limit }]) => [name, bytes, limit]), [['session:oversize', 'session'.length + value.length, 4096]])
  })

  for (const [what, keys] of [['an array', KEYS], ['a Keygrip', new Keygrip(KEYS, 'sha256')]]) {
    test(`a forged cookie, with ${what}`, async (t) => {
      const server = await start(t, { keys }, (ctx) => { ctx.body = [ctx.session.isNew, ctx.session.isNew] })
      const { json, setCookie } = await server.get('/', { cookie: signed('{"a":1}', { keys: ['another key'] }) })
      assert.deepEqual(json, [true, true])
      assert.deepEqual(setCookie, ['session.sig=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly'])
      await settled()
      assert.deepEqual(server.events.map(([name]) => name), ['session:forged'])
    })
  }

  test('none for the sessions of other days', async (t) => {
    const server = await start(t, { keys: KEYS }, count)
    const visitor = server.visitor()
    for (let i = 0; i < 3; i++) await visitor.get('/')
    await settled()
    assert.deepEqual([server.events, server.errors], [[], []])
  })
})

describe('the session', () => {
  test('data become no prototype, and no member', async (t) => {
    let session
    const server = await start(t, { signed: false }, (ctx) => {
      session = ctx.session
      ctx.body = { admin: session.admin, own: Object.keys(session), nested: session.nested?.admin }
    })
    const json = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"isNew":true,"_ctx":{},"nested":{"__proto__":{"admin":true}},"a":1}'
    const { json: answer } = await server.get('/', { cookie: `session=${Buffer.from(json).toString('base64')}` })
    assert.deepEqual(answer, { own: ['nested', 'a'] })
    assert.equal(session.isNew, false)
    assert.equal({}.admin, undefined)
    assert.equal(Object.getPrototypeOf(Object.getPrototypeOf(session)), Object.prototype)
    // As own data, as JSON.parse makes them.
    assert.deepEqual(Object.getOwnPropertyNames(session.nested), ['__proto__'])
  })

  test('data that are assigned become no prototype either', async (t) => {
    const server = await start(t, { keys: KEYS }, (ctx) => {
      ctx.session = JSON.parse('{"__proto__":{"admin":true},"a":1}')
      ctx.body = { admin: ctx.session.admin, own: Object.keys(ctx.session) }
    })
    assert.deepEqual((await server.get('/')).json, { own: ['a'] })
  })

  test('deeply nested data of a client do not break the response', async (t) => {
    const server = await start(t, { signed: false }, (ctx) => {
      ctx.session.seen = 1
      ctx.body = 'sent'
    })
    const depth = 5800
    const cookie = `session=${Buffer.from('{"a":' + '['.repeat(depth) + ']'.repeat(depth) + '}').toString('base64')}`
    const { status, body } = await server.get('/', { cookie })
    assert.deepEqual([status, body], [200, 'sent'])
  })

  test('something that is no object: the error of cookie-session', async (t) => {
    const theirs = await new Promise((resolve) => {
      const req = { headers: {} }
      original({ keys: KEYS })(req, { writeHead () {} }, () => resolve(thrownBy(() => { req.session = 5 })))
    })
    let ours
    const server = await start(t, { keys: KEYS }, (ctx) => {
      ours = thrownBy(() => { ctx.session = 5 })
      ctx.body = ''
    })
    await server.get('/')
    assert.deepEqual([ours.message, ours.name], [theirs.message, theirs.name])
  })

  test('a session that is not touched costs no hook of the response', async (t) => {
    let isHooked
    const server = await start(t, { keys: KEYS }, (ctx) => {
      isHooked = Object.hasOwn(ctx.res, 'writeHead')
      ctx.body = ''
    })
    assert.deepEqual((await server.get('/', { cookie: signed('{"a":1}', { keys: KEYS.slice(1) }) })).setCookie, [])
    assert.equal(isHooked, false)
  })

  test('two middlewares with two names keep two sessions', async (t) => {
    const app = new Koa()
    app.use(cookieSession({ name: 'a', keys: KEYS }))
    app.use((ctx, next) => {
      ctx.session.of = 'a'
      return next()
    })
    app.use(cookieSession({ name: 'b', keys: KEYS }))
    app.use((ctx) => {
      ctx.session.of = 'b'
      ctx.body = ctx.session
    })
    const { json, cookies } = await (await serve(t, app)).get('/')
    assert.deepEqual(json, { of: 'b' })
    assert.deepEqual([...cookies.keys()].sort(), ['a', 'a.sig', 'b', 'b.sig'])
  })
})

describe('the cookie', () => {
  test('of several with the same name, the first that verifies is read', async (t) => {
    const server = await start(t, { keys: KEYS }, (ctx) => { ctx.body = ctx.session })
    const other = signed('{"a":2}', { keys: ['another key'] })
    for (const cookie of [`session=e30=; ${signed('{"a":1}')}`, `${other}; ${signed('{"a":1}')}`, `${signed('{"a":1}')}; ${other}`]) {
      const { json, setCookie } = await server.get('/', { cookie })
      assert.deepEqual([json, setCookie], [{ a: 1 }, []])
    }
  })

  test('a signature by an older key is replaced at once, with the attributes of the cookie', async (t) => {
    for (const keys of [KEYS, new Keygrip(KEYS)]) {
      const server = await start(t, { keys, sameSite: 'lax', path: '/app', maxAge: 1e15 }, (ctx) => { ctx.body = ctx.session })
      const { json, setCookie } = await server.get('/', { cookie: signed('{"a":1}', { keys: KEYS.slice(1) }) })
      assert.deepEqual(json, { a: 1 })
      const signature = /sig=(.*)/.exec(signed('{"a":1}'))[1]
      assert.deepEqual(setCookie, [`session.sig=${signature}; path=/app; expires=Fri, 31 Dec 9999 23:59:59 GMT; samesite=lax; httponly`])
    }
  })

  test('is read by its own name, and sent by that of ctx.sessionOptions', async (t) => {
    for (const keys of [KEYS, new Keygrip(KEYS)]) {
      const server = await start(t, { keys }, (ctx) => {
        ctx.sessionOptions.name = 'other'
        ctx.session.b = 2
        if (ctx.path === '/failing') throw new Error('own')
        ctx.body = ctx.session
      })
      const older = signed('{"a":1}', { keys: KEYS.slice(1) })
      const { json, setCookie } = await server.get('/', { cookie: older })
      assert.deepEqual(json, { a: 1, b: 2 })
      const attributes = '; path=/; httponly'
      const expected = [/session\.sig=.*/.exec(signed('{"a":1}'))[0], ...signed('{"a":1,"b":2}', { name: 'other' }).split('; ')]
      assert.deepEqual(setCookie, expected.map((pair) => pair + attributes))
      assert.deepEqual((await server.get('/failing', { cookie: older })).setCookie, setCookie)
    }
  })

  test('keys that change in place count from the next request on', async (t) => {
    const keys = ['first']
    const server = await start(t, { keys }, count)
    const visitor = server.visitor()
    await visitor.get('/')
    keys.unshift('second')
    assert.equal((await visitor.get('/')).json.views, 2)
    keys.pop()
    assert.equal((await visitor.get('/')).json.views, 3)
    keys[0] = 'third'
    assert.equal((await visitor.get('/')).json.views, 1)
  })

  test('keys that become invalid are an error, and nothing is read or sent', async (t) => {
    const keys = ['first']
    const server = await start(t, { keys }, count)
    const visitor = server.visitor()
    await visitor.get('/')
    keys.pop()
    const { status, setCookie } = await visitor.get('/')
    assert.deepEqual([status, setCookie, server.errors[0].code], [500, [], 'ERR_SESSION_OPTION'])
  })

  test('a Keygrip that returns promises verifies nothing', async (t) => {
    const keys = { sign: () => 'signature', index: async () => 0 }
    const server = await start(t, { keys }, (ctx) => { ctx.body = ctx.session })
    assert.deepEqual((await server.get('/', { cookie: 'session=eyJhIjoxfQ==; session.sig=signature' })).json, {})
  })

  test('is sent by the core, whatever ctx.cookies is', async (t) => {
    const server = await start(t, { keys: KEYS }, count, (app) => {
      app.use((ctx, next) => {
        ctx.cookies = { get: () => 'e30=', set () { throw new Error('called') }, secure: false }
        return next()
      })
    })
    const visitor = server.visitor()
    for (let i = 1; i <= 2; i++) assert.equal((await visitor.get('/')).json.views, i)
  })

  test('ctx.cookies.secure, which the app has set, decides as for other cookies', async (t) => {
    const server = await start(t, { keys: KEYS, secure: true }, (ctx) => {
      ctx.cookies.secure = true
      count(ctx)
    })
    assert.ok((await server.get('/')).setCookie[0].includes('; secure'))
  })

  test('is kept on the response of an outer middleware that fails', async (t) => {
    const server = await start(t, { keys: KEYS }, (ctx) => { ctx.session.a = 1 }, (app) => app.use(async (ctx, next) => {
      await next()
      throw new Error('own')
    }))
    const { status, cookies } = await server.get('/')
    assert.deepEqual([status, [...cookies.keys()]], [500, ['session', 'session.sig']])
  })

  // Koa 3 breaks the connection.
  test('is kept on the response of a stream that fails, under Koa 2', async (t) => {
    const server = await start(t, { keys: KEYS }, (ctx) => {
      ctx.session.a = 1
      ctx.body = new Readable({ read () { this.destroy(new Error('own')) } })
    }, undefined, Koa2)
    const { status, cookies } = await server.get('/')
    assert.deepEqual([status, [...cookies.keys()]], [500, ['session', 'session.sig']])
  })

  test('is sent with ctx.respond = false', async (t) => {
    const server = await start(t, { keys: KEYS }, async (ctx) => {
      ctx.session.a = 1
      ctx.respond = false
      ctx.res.writeHead(201, { 'Set-Cookie': 'own=1', 'X-Own': 'a' })
      ctx.res.end()
      await once(ctx.res, 'finish')
    })
    const { status, cookies, headers } = await server.get('/')
    assert.deepEqual([status, [...cookies.keys()], headers['x-own']], [201, ['own', 'session', 'session.sig'], 'a'])
  })
})

describe('the examples of the types', () => {
  const compiler = new Compiler('typescript')
  const examples = new Declarations(require.resolve('../../compat/cookie-session.d.ts')).examples()

  test('there is one', () => assert.equal(examples.length, 1))

  for (const example of examples) {
    test('counts the visits', async () => {
      const code = compiler.emit(example, { module: 'commonjs', esModuleInterop: true })
      await staged(code, (stage) => countsTo(stage.client(), 1, 2, 3))
    })
  }
})
