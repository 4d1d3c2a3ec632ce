'use strict'

// Random requests at once, by browsers and by copies of their cookies, to two apps that share the store of their revocations, as two
// processes do. The model knows which sessions have ended when a request begins: such a request must not see one of these.
// Another number of scripts: REVOCATION_SCRIPTS=5000; one script: REVOCATION_SEED.

const assert = require('node:assert/strict')
const { test } = require('node:test')

const Random = require('../differential/random')
const { of, session, KOAS: { koa3: Koa } } = require('../harness/app')
const { serve } = require('../harness/server')

const SCRIPTS = Number(process.env.REVOCATION_SCRIPTS ?? 120)
const FIRST_SEED = Number(process.env.REVOCATION_SEED ?? 1)
const HOUR = 3600000
const USERS = ['ann', 'bob']

const pause = async (turns) => {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

const ROUTES = {
  '/in' (ctx) {
    ctx.session = null
    ctx.session = { user: ctx.query.user, login: Number(ctx.query.login), generation: 0 }
  },
  '/me' () {},
  '/count' (ctx) { if (ctx.session.login) ctx.session.count = (ctx.session.count ?? 0) + 1 },
  '/out' (ctx) { ctx.session = null },
  async '/regenerate' (ctx) {
    if (!ctx.session.login) return
    ctx.session.generation++
    await of(ctx).regenerate()
  },
  async '/others' (ctx) {
    if (!ctx.session.login) return
    ctx.session.generation++
    await of(ctx).revokeOthers()
  },
  '/all': (ctx) => of(ctx).revokeAll()
}

class Script {
  entries = new Map()
  /** The sessions that have ended, as 'login generation'. */
  dead = new Set()
  /** The logins that are complete, by user; and the highest generation of each. */
  logins = new Map(USERS.map((user) => [user, new Set()]))
  generations = new Map()
  /** The end of the last operation that ends sessions, by user: these run one after another. */
  ends = new Map(USERS.map((user) => [user, Promise.resolve()]))
  nextLogin = 1
  seen = 0

  constructor (seed) {
    this.random = new Random(seed)
  }

  async start (t) {
    const store = {
      get: async (key) => {
        await pause(this.random.below(3))
        return this.entries.get(key)
      },
      set: async (key, entry) => {
        await pause(this.random.below(3))
        this.entries.set(key, entry)
        await pause(this.random.below(3))
      },
      destroy: async (key) => { this.entries.delete(key) }
    }
    const seals = this.random.chance(0.5)
    this.ports = []
    for (let i = 0; i < 2; i++) {
      const app = new Koa()
      app.keys = ['k'.repeat(32)]
      // An object of its own for each app, so that they share only the store.
      const revocations = { get: store.get, set: store.set, destroy: store.destroy }
      app.use(session({ revocations, absoluteTimeout: HOUR, subject: 'user', seal: seals, rolling: this.random.chance(0.5) }, app))
      app.use(async (ctx) => {
        const { login, generation } = ctx.session
        await pause(this.random.below(4))
        await ROUTES[ctx.path](ctx)
        await pause(this.random.below(4))
        ctx.body = { login: login ?? null, generation: generation ?? null }
      })
      const server = await serve(t, app)
      this.ports.push(server.port)
      this.visitor ??= server.visitor()
    }
    this.clients = [0, 1, 2, 3].map(() => this.visitor.another())
  }

  /** Sends a request, and checks that it sees no session that had ended when it began. */
  async visit (client, path) {
    const ended = new Set(this.dead)
    client.port = this.random.pick(this.ports)
    const { json, status } = await client.get(path)
    assert.equal(status, 200)
    if (json.login !== null) {
      this.seen++
      assert.ok(!ended.has(`${json.login} ${json.generation}`), `${path} has seen ${json.login} ${json.generation}`)
    }
    return json
  }

  end (login, below = Infinity) {
    const last = this.generations.get(login)
    for (let generation = 0; generation <= last && generation < below; generation++) this.dead.add(`${login} ${generation}`)
  }

  /** Runs an operation that ends sessions of a user, after the earlier ones. */
  exclusively (user, run) {
    const ending = this.ends.get(user).then(run)
    this.ends.set(user, ending.catch(() => {}))
    return ending
  }

  async logIn (client) {
    const user = this.random.pick(USERS)
    const login = this.nextLogin++
    await this.exclusively(user, async () => {
      this.generations.set(login, 0)
      await this.visit(client, `/in?user=${user}&login=${login}`)
      this.logins.get(user).add(login)
    })
  }

  userOf (login) { return USERS.find((user) => this.logins.get(user).has(login)) }

  async logOut (client) {
    const { login } = await this.visit(client, '/me')
    const user = this.userOf(login)
    if (user === undefined) return
    await this.exclusively(user, async () => {
      const seen = await this.visit(client, '/out')
      if (seen.login === login) this.dead.add(`${login} ${seen.generation}`)
    })
  }

  async regenerate (client, path) {
    const { login } = await this.visit(client, '/me')
    const user = this.userOf(login)
    if (user === undefined) return
    await this.exclusively(user, async () => {
      const others = [...this.logins.get(user)]
      const seen = await this.visit(client, path)
      if (seen.login !== login) return
      const next = seen.generation + 1
      this.generations.set(login, Math.max(this.generations.get(login), next))
      this.dead.add(`${login} ${seen.generation}`)
      if (path !== '/others') return
      for (const other of others) if (other !== login) this.end(other)
    })
  }

  async endAll (client) {
    const { login } = await this.visit(client, '/me')
    const user = this.userOf(login)
    if (user === undefined) return
    await this.exclusively(user, async () => {
      const all = [...this.logins.get(user)]
      const seen = await this.visit(client, '/all')
      if (seen.login === login) for (const each of all) this.end(each)
    })
  }

  /** Gives a browser a copy of another one's cookies. */
  steal (client) {
    client.jar = new Map(this.random.pick(this.clients).jar)
  }

  async play () {
    const { random } = this
    for (const client of this.clients) await this.logIn(client)
    for (let round = 0; round < 12; round++) {
      const acts = Array.from({ length: 1 + random.below(4) }, () => {
        const client = random.pick(this.clients)
        const act = random.pick(['/me', '/me', '/count', '/count', 'in', 'out', 'regenerate', 'others', 'all', 'steal', 'steal'])
        if (act.startsWith('/')) return this.visit(client, act)
        if (act === 'in') return this.logIn(client)
        if (act === 'out') return this.logOut(client)
        if (act === 'regenerate' || act === 'others') return this.regenerate(client, `/${act}`)
        if (act === 'all') return this.endAll(client)
        return this.steal(client)
      })
      await Promise.all(acts)
    }
  }
}

test(`${SCRIPTS} random scripts: no copy of a cookie outlives its session`, async (t) => {
  let seen = 0
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SCRIPTS; seed++) {
    const script = new Script(seed)
    await script.start(t)
    try {
      await script.play()
    } catch (error) {
      error.message = `script ${seed} (REVOCATION_SEED=${seed} REVOCATION_SCRIPTS=1): ${error.message}`
      throw error
    }
    seen += script.seen
  }
  // The check is of no use if hardly any session lives.
  assert.ok(seen > SCRIPTS * 10, `${seen} requests have seen a session`)
})
