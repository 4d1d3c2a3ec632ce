'use strict'

// Without a Redis server, this only loads the addon.

const { RedisStore } = require('koa-session-rs/stores/redis')

new RedisStore({ url: 'redis://127.0.0.1:1' }).close().then(() => console.log('loaded'))
