'use strict'

/** Lists the session's cookies as the browser has them after this response: their names, and the bytes of name and value. */
module.exports = function cookiesOf (ctx, key) {
  const sizes = new Map()
  for (const line of [ctx.get('Cookie').split('; '), ctx.response.get('Set-Cookie') ?? []].flat()) {
    const [pair] = line.split(';')
    const [name] = pair.split('=')
    if (name === key || name === `${key}.sig`) sizes.set(name, Buffer.byteLength(pair))
  }
  return [...sizes].map(([name, bytes]) => ({ name, bytes }))
}
