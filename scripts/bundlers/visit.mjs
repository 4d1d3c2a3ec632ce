// An API route of Next.js, which gets the request of Node: a Koa app that counts visits.

import Koa from 'koa'
import session from 'koa-session-rs'

const app = new Koa()
app.keys = ['a key of this check: 32 bytes or more']
app.use(session(app))
app.use((ctx) => {
  ctx.session.count = (ctx.session.count ?? 0) + 1
  ctx.body = String(ctx.session.count)
})

export const config = { api: { bodyParser: false, externalResolver: true } }

export default app.callback()
