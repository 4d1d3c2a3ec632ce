'use strict'

// There is no server to visit here: the addon is loaded, and nothing is asked of it.

const { RedisStore } = require('koa-session-rs/stores/redis')

new RedisStore({ url: 'redis://127.0.0.1:1' }).close().then(() => console.log('loaded'))
