'use strict'

/** The first whose sign is in the User-Agent: most browsers also name those below. */
const BROWSERS = [
  ['Edge', /\bEdg(e|A|iOS)?\//], ['Opera', /\bOPR\//], ['Samsung Internet', /\bSamsungBrowser\//], ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Headless)?(Chrome|CriOS)\//], ['Safari', /\bSafari\//], ['curl', /^curl\//]
]

const SYSTEMS = [
  ['iPhone', /\biPhone\b/], ['iPad', /\biPad\b/], ['Android', /\bAndroid\b/], ['Windows', /\bWindows\b/], ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac OS X\b/], ['Linux', /\bLinux\b/]
]

/** Names the browser and the system in a User-Agent: 'Firefox on Linux'. */
function deviceIn (userAgent = '') {
  const [browser, system] = [BROWSERS, SYSTEMS].map((signs) => signs.find(([, sign]) => sign.test(userAgent))?.[0])
  return `${browser ?? 'Unknown browser'}${system ? ` on ${system}` : ''}`
}

const format = new Intl.RelativeTimeFormat('en')

/** Says how far a time is from now: 'just now', '3 minutes ago', 'in 7 days'. A negative number of milliseconds is in the past. */
function timeFromNow (ms) {
  let amount = Math.round(ms / 60_000)
  if (amount === 0) return ms > 0 ? 'in a moment' : 'just now'
  for (const [unit, size] of [['minute', 60], ['hour', 24]]) {
    if (Math.abs(amount) < size) return format.format(amount, unit)
    amount = Math.round(amount / size)
  }
  return format.format(amount, 'day')
}

module.exports = { deviceIn, timeFromNow }
