import session, { createSession } from 'koa-session-rs'
import visit from './visit.js'

await visit(session)
await visit(createSession)
