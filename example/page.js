'use strict'

const html = require('./html')
const { deviceIn, timeFromNow } = require('./words')

/** Returns the text of the page. */
module.exports = function page (view) {
  const { user, notice } = view
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${titleOf(view)} · koa-session-rs</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
  <a class="name" href="/"><img src="/favicon.svg" alt="" width="28" height="28"> koa-session-rs</a>
  ${user && post(view, '/logout', html`<button>Log out</button>`)}
</header>
<main>
  ${notice && html`<p class="notice" role="status">${notice}</p>`}
  <div class="columns">
    <section aria-labelledby="title">
      <h1 id="title">${titleOf(view)}</h1>
      ${user ? visits(view) : login(view)}
    </section>
    <section aria-labelledby="cookie">
      <h2 id="cookie">The cookie</h2>
      ${cookie(view)}
    </section>
  </div>
</main>
${footer(view)}
</body>
</html>
`.text
}

/** A form with the CSRF token of the session. */
const post = ({ csrf }, path, content) => html`<form method="post" action="${path}">
  <input type="hidden" name="csrf" value="${csrf}">${content}</form>`

const time = (ms) => html`<time datetime="${new Date(ms).toISOString()}">${timeFromNow(ms - Date.now())}</time>`

function titleOf ({ user, mode }) {
  if (!user) return 'Log in'
  return mode.store ? 'Your sessions' : 'Your session'
}

const login = (view) => html`<p>This is a demo: a name is enough, there is no password. Everyone who enters the same name is the same user.</p>
  ${post(view, '/login', html`<label for="name">Name</label>
    <div class="field">
      <input id="name" name="name" required maxlength="32" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus>
      <button class="main">Log in</button>
    </div>`)}`

const visits = (view) => html`<p>You are logged in as <b>${view.user}</b>. You have opened this page
  ${view.views === 1 ? 'once' : `${view.views ?? 0} times`} in this session.</p>
  ${view.mode.store ? list(view) : NO_LIST}`

const NO_LIST = html`<p>It is only in the cookie of this browser. The server has no list of such sessions, so it cannot show the others or
  end them.</p>
  <p>With the option <code>revocations</code>, the server notes which sessions have ended. Then a logout also ends copies of the
  cookie, and a user can log out everywhere.</p>`

function list (view) {
  const others = view.sessions.filter(({ current }) => !current)
  return html`<ul class="sessions">${view.sessions.map((each) => row(view, each)).reverse()}</ul>
  ${others.length > 0
    ? post(view, '/sessions/end-others', html`<button>Log out ${others.length === 1 ? 'the other session' : `the ${others.length} other sessions`}</button>`)
    : html`<p>To see another one here, log in as <b>${view.user}</b> in a second browser, or in a private window.</p>`}`
}

const row = (view, { hash, label, created, seen, current }) => html`<li>
  <div>
    <p class="device">${deviceIn(label)}${current && html` <span class="badge">this session</span>`}</p>
    <p class="quiet">Started ${time(created)}${!current && html`, last seen ${time(seen)}`}</p>
  </div>
  ${!current && post(view, '/sessions/end', html`<input type="hidden" name="hash" value="${hash}">
    <button aria-label="Log out ${deviceIn(label)}, last seen ${timeFromNow(seen - Date.now())}">Log out</button>`)}
</li>`

const cookie = ({ mode, cookies, expiresAt }) => html`<dl>
  <div><dt>Mode</dt><dd><code>${mode.name}</code></dd></div>
  <div><dt>Content</dt><dd>${mode.content}</dd></div>
  <div><dt>Size</dt>${cookies.map(({ name, bytes }) => html`<dd class="size"><code>${name}</code> <span>${bytes} bytes</span></dd>`)}</div>
  <div><dt>Expires</dt><dd>${time(expiresAt)}</dd></div>
</dl>`

const footer = ({ mode }) => html`<footer class="quiet">
  <p>The code of this page is in the folder <code>example</code>. The other modes:</p>
  <ul>${mode.names.filter((name) => name !== mode.name).map((name) => html`<li><code>MODE=${name} npm start</code></li>`)}</ul>
</footer>`
