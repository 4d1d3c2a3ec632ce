'use strict'

const { names } = require('../cookies')
const drawSpelling = require('./spelling')

// Session texts that koa-session may have written, or could not have.
const payloads = [
  'null', 'false', 'true', '0', '1', '""', '"text"', '[]', '["a","b"]', '{}', 'not json', '{"a":', '', ' ', '\u0000', '{"a":1}',
  ' { "a" : 1 ,\n "b":[ 1 , 2 ] } ', '{"b":1,"a":2,"_expire":@NOW+60000@,"_maxAge":60000}', '{"a":1,"a":2,"_expire":@NOW+1@,"_maxAge":1}',
  '{"_expire":@NOW+60000@,"_maxAge":60000,"a":1}', '{"a":1,"_expire":"@NOW-5@","_maxAge":"60000"}', '{"a":1,"_maxAge":60000}',
  '{"a":1,"_expire":@NOW+60000@}', '{"a":1,"_session":true}', '{"a":1,"_session":false,"_maxAge":5000}', '{"a":1,"_maxAge":5000,"_session":true}',
  '{"a":1,"_expire":@NOW-1@,"_maxAge":60000}', '{"a":1,"_expire":@NOW+0@,"_maxAge":60000}', '{"a":1,"_expire":@NOW+1@,"_maxAge":60000}',
  '{"a":1,"_expire":@NOW+29999@,"_maxAge":60000}', '{"a":1,"_expire":@NOW+30000@,"_maxAge":60000}', '{"a":1,"_expire":1e400,"_maxAge":60000}',
  '{"a":1,"_expire":@NOW+60000@.5,"_maxAge":60000.5}', '{"a":1,"_expire":null,"_maxAge":null}', '{"a":1,"_expire":-1,"_maxAge":-1}',
  '{"a":1,"_expire":@NOW+9@,"_expire":@NOW-9@}', '{"a":1,"_expire":@NOW-9@,"_expire":@NOW+9@}', '{"a":1,"\\u005fexpire":@NOW-9@}',
  '{"a":1,"_expire":{"x":1},"_maxAge":[1]}', '{"_private":1,"a":2,"_expire":@NOW+60000@,"_maxAge":60000}', '{"_expire":@NOW+60000@,"_maxAge":60000}',
  '{"__proto__":{"isAdmin":true},"a":1}', '{"__proto__":null,"a":1}', '{"a":1,"__proto__":"text"}', '{"constructor":{"prototype":{"x":1}},"a":1}',
  '{"save":1,"a":1}', '{"commit":"x","regenerate":2,"a":1}', '{"toJSON":1,"a":1}', '{"length":5,"a":1}', '{"populated":false,"a":1}',
  '{"isNew":true,"a":1}', '{"isNew":false,"a":1}', '{"maxAge":5000,"a":1}', '{"maxAge":"session","a":1}', '{"maxAge":null,"a":1}',
  '{"externalKey":"x","a":1}', '{"_requireSave":true,"a":1}', '{"_sessCtx":1,"_ctx":2,"_externalKey":"x","a":1}', '{"":"empty","a":1}',
  '{"10":1,"2":2,"a":0,"1":3}', '{"é":"日本😀","a":"\\ud800"}', '{"a":"\\u0041\\/"}', '{"a":1.0,"b":1e3,"c":-0,"d":12345678901234567890}',
  '{"a":{"_expire":1,"_maxAge":2}}', '{"user":"a","views":3,"_expire":@NOW+60000@,"_maxAge":60000}', '\ufeff{"a":1}', '[{"_expire":1}]', '{"a":1}x', "{'a':1}",
  ...[
    '"passport":{"user":"ann"},"flash":{"info":["Hi"],"error":[]}', '"a":{"b":[{"c":{"d":[1,[2,[3]]]}}],"10":{"2":1,"1":2}},"c":[[],{},[{}]]',
    '"user":{"b":{"n":1},"a":{"__proto__":{"isAdmin":true},"n":2}},"b":[{"n":1},{"n":2}]', '"a":[1.0,-0,1e3,"\\u0041",{"b":-0,"a":null}],"b":{"a":1,"a":2}'
  ].flatMap(members => [`{${members},"_expire":@NOW+60000@,"_maxAge":60000}`, `{${members}}`]),
  '"' + 'x'.repeat(5000) + '"', `{"big":"${'y'.repeat(9000)}"}`, `{"deep":${'['.repeat(200)}${']'.repeat(200)}}`
]

const ids = [
  'id-1', 'id-1', 'id-2', 'id-3', 'rec-1', 'rec-1', 'rec-1', 'rec-2', 'unknown', 'fixed', '../../etc/passwd', 'id-1 ', '"id-1"', '""', '"', '', ' ',
  'é', '日本', 'undefined', 'null', '[object Object]', '__proto__', 'x'.repeat(5000), 'a=b', 'a%20b', '\t'
]

const extras = [
  '@KEY@x=1', 'x@KEY@=abc', '@KEY@=second', '@KEY@.sig=second', '@KEY@.sigx=1', 'koaxsess=dot', 'KOA.SESS=upper', '@KEY@', '@KEY@ =spaced', ' @KEY@=early',
  'a', '=b', '', ' ', 'a="@KEY@=1; b"', 'a=@KEY@=1', 'theme=dark', 'é=日', '__proto__=1', '@KEY@=', '@KEY@=""', 'x=' + 'z'.repeat(3000)
]

function drawExtras (random) {
  if (!random.chance(0.3)) return []
  return random.times(1 + random.below(3), () => ({ text: random.pick(extras), before: random.chance(0.5) }))
}

function drawEdits (random, masked) {
  if (!random.chance(0.12)) return []
  // A random id that is edited inside would not be masked correctly.
  const how = masked ? ['append', 'quote', 'empty', 'space'] : names.edits
  return [{ of: random.chance(0.6) ? 'value' : 'signature', how: random.pick(how), at: random.next() }]
}

/** Draws the cookies that a request sends. */
function drawCookies (random, script, index) {
  const masked = Boolean(script.store && !script.hooks.genid)
  const from = random.weighted({ jar: index === 0 ? 0 : 12, none: index === 0 ? 6 : 1, crafted: index === 0 ? 6 : 2 })
  const spec = {
    from,
    late: random.chance(0.15),
    edits: drawEdits(random, masked),
    extras: drawExtras(random),
    unsigned: random.chance(0.04),
    signatureFirst: random.chance(0.1),
    separator: random.weighted({ '; ': 20, ';': 2, ';  ': 1, ' ; ': 1, '; ; ': 0.5, ', ': 0.3, ';\t': 0.3 })
  }
  if (from !== 'crafted') return spec
  const asId = Boolean(script.store) && random.chance(0.8)
  spec.payload = asId ? random.pick(ids) : random.chance(0.4) ? drawSpelling(random) : random.pick(payloads)
  spec.wrap = asId ? 'raw' : random.chance(0.7) ? 'base64' : random.pick(names.wraps)
  spec.signed = random.weighted({ first: 12, last: 3, none: 1, otherName: 0.5, bad: 1, short: 0.3, empty: 0.3 })
  return spec
}

module.exports = { drawCookies }
