'use strict'

const { randomUUID } = require('node:crypto')
const Koa = require('koa')
// In an app of your own: require('koa-session-rs')
const session = require('..')
const openStore = require('./store')
const sessionsPage = require('./sessions-page')

const DAY_MS = 24 * 60 * 60 * 1000

const app = new Koa()

// The first key signs, all keys verify. To rotate keys, put a new one in front, and remove the last one a maxAge later.
const { SESSION_KEYS } = process.env
app.keys = SESSION_KEYS ? SESSION_KEYS.split(',') : [randomUUID()]

const options = { key: 'example.sess', maxAge: 7 * DAY_MS, renew: true, sameSite: 'lax' }
// Without a store the session is in the cookie: sessions cannot be listed, and a copied cookie cannot be revoked.
const store = openStore(process.env)
if (store) Object.assign(options, { store, subject: 'user', label: (ctx) => ctx.get('User-Agent') })

app.use(session(options, app))

const LOGIN_FORM = '<form method="post" action="/login?name=ada"><button>Log in as ada</button></form>'

const routes = {
  ...(store && sessionsPage),

  'GET /' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    const text = `views: ${ctx.session.views}, user: ${ctx.session.user ?? 'nobody'}\n`
    ctx.body = ctx.accepts('text', 'html') === 'html' ? text + LOGIN_FORM : text
  },

  async 'POST /login' (ctx) {
    const { name } = ctx.query
    // A real app checks a password here.
    ctx.assert(typeof name === 'string' && /^\w{1,32}$/.test(name), 400, 'a name, please\n')
    ctx.session.user = name
    // Necessary with a store: otherwise, someone who knew the id from before the login would share the user's session.
    await ctx.session.regenerate()
    ctx.body = `logged in: ${name}\n`
  },

  'POST /logout' (ctx) {
    // Ends the whole session. `delete ctx.session.user` would leave the other data for the next user of the browser.
    ctx.session = null
    ctx.body = 'logged out\n'
  }
}

app.use((ctx) => routes[`${ctx.method} ${ctx.path}`]?.(ctx))

const port = Number(process.env.PORT || 3000)
const server = app.listen(port, '127.0.0.1', () => console.log(greeting(`http://127.0.0.1:${server.address().port}`)))

server.on('error', (error) => {
  console.error(error.code === 'EADDRINUSE'
    ? `Port ${port} is taken. Use another one: PORT=${port + 1} npm start`
    : `The example cannot listen on port ${port}: ${error.message}`)
  process.exitCode = 1
})

function greeting (address) {
  const curl = 'curl -b cookies.txt -c cookies.txt'
  const lines = [
    `${curl} ${address}/`,
    `${curl} ${address}/`,
    `${curl} -X POST "${address}/login?name=ada"`,
    `${curl} ${address}/`
  ]
  if (store) {
    lines.push(
      `curl -A another-device -X POST "${address}/login?name=ada"`,
      `${curl} ${address}/sessions`,
      `${curl} -X POST ${address}/sessions/revoke-others`
    )
  }
  lines.push(`${curl} -X POST ${address}/logout`, `${curl} ${address}/`)
  const keys = SESSION_KEYS
    ? 'The keys are those of SESSION_KEYS.'
    : 'The key is random, so cookies are valid only as long as this process runs. Real apps read their keys from the environment:\n' +
      `${process.env.STORE ? `STORE=${process.env.STORE} ` : ''}SESSION_KEYS=new,old npm start`
  const place = store
    ? `To see the sessions in a browser, log in and open ${address}/sessions`
    : 'Sessions are in the cookie. With a store they can be listed and revoked:\n' +
      'STORE=memory npm start, STORE=sqlite (SQLITE_FILE) or STORE=redis (REDIS_URL)'
  return `The example is at ${address}

Count views, log in and log out (curl keeps the cookies in cookies.txt):

  ${lines.join('\n  ')}

${place}

${keys}
`
}
