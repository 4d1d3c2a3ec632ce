import session, { createSession, SessionOptions } from 'koa-session-rs'
import * as namespace from 'koa-session-rs'

export { session, createSession, SessionOptions, namespace }
