'use strict'

const { randomUUID } = require('node:crypto')
const Koa = require('koa')
// In an app of your own: require('koa-session-rs')
const session = require('..')

const DAY_MS = 24 * 60 * 60 * 1000

const app = new Koa()

// The first key signs, all of them verify. To rotate, put a new one in front, and drop the last one a maxAge later.
const { SESSION_KEYS } = process.env
app.keys = SESSION_KEYS ? SESSION_KEYS.split(',') : [randomUUID()]

app.use(session({ key: 'example.sess', maxAge: 7 * DAY_MS, renew: true, sameSite: 'lax' }, app))

const routes = {
  'GET /' (ctx) {
    ctx.session.views = (ctx.session.views ?? 0) + 1
    ctx.body = `views: ${ctx.session.views}, user: ${ctx.session.user ?? 'nobody'}\n`
  },

  async 'POST /login' (ctx) {
    const { name } = ctx.query
    // A real app checks a password here.
    ctx.assert(typeof name === 'string' && /^\w{1,32}$/.test(name), 400, 'a name, please\n')
    ctx.session.user = name
    // With a store this is a must: whoever knew the id from before the login would be logged in with the user.
    await ctx.session.regenerate()
    ctx.body = `logged in: ${name}\n`
  },

  'POST /logout' (ctx) {
    // Ends the whole session. `delete ctx.session.user` would leave its other data to the next user of the browser.
    ctx.session = null
    ctx.body = 'logged out\n'
  }
}

app.use((ctx) => routes[`${ctx.method} ${ctx.path}`]?.(ctx))

const port = Number(process.env.PORT || 3000)
const server = app.listen(port, '127.0.0.1', () => console.log(greeting(`http://127.0.0.1:${server.address().port}`)))

server.on('error', (error) => {
  console.error(error.code === 'EADDRINUSE'
    ? `Port ${port} is taken. Take another one: PORT=${port + 1} npm start`
    : `The example cannot listen on port ${port}: ${error.message}`)
  process.exitCode = 1
})

function greeting (address) {
  const curl = 'curl -b cookies.txt -c cookies.txt'
  const keys = SESSION_KEYS
    ? 'The keys are those of SESSION_KEYS.'
    : 'The key is a random one, and sessions end with this process. Real apps take theirs from the environment:\n' +
      'SESSION_KEYS=new,old npm start'
  return `The example is at ${address}

Count views, log in, and out (cookies.txt holds the cookies):

  ${curl} ${address}/
  ${curl} ${address}/
  ${curl} -X POST "${address}/login?name=ada"
  ${curl} ${address}/
  ${curl} -X POST ${address}/logout
  ${curl} ${address}/

${keys}
`
}
