'use strict'

// Cases that have to occur when the scripts of a run are played, each with the pattern of its line in a record. A comparison without
// these cases would prove little.
const cases = Object.entries({
  'the event missed': /^event missed /,
  'the event expired': /^event expired /,
  'the event invalid': /^event invalid /,
  'an event of a store': /^event \w+ '/,
  'a store read': /^store\.get\/3 .* ctx \{ rolling: (true|false) \}$/,
  'a changed write': /^store\.set\/4 .* ctx \{ changed: true, /,
  'a forced or rolling write': /^store\.set\/4 .* ctx \{ changed: false, /,
  'a write with rolling': /^store\.set\/4 .* rolling: true \}$/,
  'a write for \'session\'': /^store\.set\/4 .* _session: true \} 86410000 ctx /,
  'a record destroyed': /^store\.destroy\/2 .* ctx \{\}$/,
  'a store that fails': /^app error Error: (get|set|destroy) failed$/,
  'a ContextStore': /^new ContextStore\/1 ctx$/,
  'an external key read': /^externalKey\.get\/1 ctx$/,
  'an external key set': /^externalKey\.set\/2 ctx /,
  'an id made': /^genid\/1 ctx$/,
  'a random id': /uuid-1/,
  'a hook before a save': /^beforeSave\/2 ctx \{/,
  'a session passed to valid': /^valid\/2 ctx \{/,
  'a session encoded': /^encode\/1 \{/,
  'a session decoded': /^decode\/1 '/,
  'a decoder that fails': / RangeError: decode failed$/,
  'a foreign ctx.cookies': /^cookies\.set /,
  'keys missing': /^app error Error: \.keys required for signed cookies$/,
  'a secure cookie refused': /Cannot send secure cookie over unencrypted connection$/,
  'headers sent too early': /^app error Error \[ERR_HTTP_HEADERS_SENT\]/,
  'a wrong assignment': /threw Error: this\.session can only be set as null or an object\.$/,
  'a callback called': /promised 'called with , returned undefined'$/,
  'a session that is not new': /^route read 'isNew' = false$/,
  'a session with content': /^route read 'length' = [1-9]/,
  'a session read before the middleware': /^before (get|count|toJSON|text) .*= /,
  'a key set inside': /^route inside \d 'set' .* = \{/,
  'an item set inside': /^route inside \d 'set' .* = \[/,
  'a key deleted inside': /^route inside \d 'delete' \d = \{/,
  'a hole made inside': /^route inside \d 'delete' \d = \[ .*empty item/,
  'a list made longer inside': /^route inside \d 'push' .* = \[/,
  'a list cut inside': /^route inside \d 'length' 1 = \[/,
  'keys in another order inside': /^route inside \d 'rewrite' \d = \{ [^ ]+ [^ ]+ [^ ]+/,
  'an equal copy inside': /^route inside \d 'copy' = [{[]/,
  'an object under two keys': /^route alias \d '\w+' null = \{ /,
  'an object under two keys inside': /^route alias \d '\w+' \d = \{ /,
  'a frozen object': /^\w+ inside .* threw TypeError: Cannot (add|assign|delete)/,
  'a cookie set': /^set-cookie: koa\.sess=[^;]+; path=\/; httponly$/,
  'a cookie with a date': /^set-cookie: koa\.sess=[^;]+; path=\/; expires=Thu, 16 Nov 2023/,
  'a cookie expired': /^set-cookie: koa\.sess=; path=\/; expires=Thu, 01 Jan 1970/,
  'a bad signature cleared': /^set-cookie: koa\.sess\.sig=; path=\/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly$/,
  'many attributes': /^set-cookie: .*; expires=.*; domain=.*; samesite=/,
  'a secure cookie': /^set-cookie: .*; secure/,
  'a partitioned cookie': /^set-cookie: .*; partitioned$/,
  'a cookie for scripts': /^set-cookie: koa\.sess=[^;]+; path=\/$/,
  'a cookie of others': /^set-cookie: theme=/,
  'a raw header of others': /^set-cookie: one=1$/
})

/** Watches records, and keeps what has not occurred yet. */
class Coverage {
  constructor () {
    this.missing = new Map(cases)
  }

  watch ({ requests }) {
    for (const { log, headers } of requests) {
      for (const line of [...log, ...headers]) {
        for (const [what, pattern] of this.missing) {
          if (pattern.test(line)) this.missing.delete(what)
        }
      }
    }
  }

  /** Returns what has occurred in no record. */
  unseen () {
    return [...this.missing.keys()]
  }
}

module.exports = Coverage
