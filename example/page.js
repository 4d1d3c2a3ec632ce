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
<title>${user ? 'Your sessions' : 'Log in'} · koa-session-rs</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
  <a class="name" href="/">koa-session-rs</a>
  ${user && html`<p>Logged in as <b>${user}</b></p>${post(view, '/logout', html`<button>Log out</button>`)}`}
</header>
<main>
  ${notice && html`<p class="notice" role="status">${notice}</p>`}
  <div class="columns">
  ${user ? sessionsOf(view) : login(view)}
  ${cookie(view)}
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

const login = (view) => html`<section aria-labelledby="title">
  <h1 id="title">Log in</h1>
  <p>This is a demo: a name is enough, there are no passwords. Everyone who enters the same name is the same user.</p>
  ${post(view, '/login', html`<label for="name">Name</label>
    <div class="field">
      <input id="name" name="name" required maxlength="32" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus>
      <button class="main">Log in</button>
    </div>`)}
</section>`

const sessionsOf = (view) => html`<section aria-labelledby="title">
  <h1 id="title">Your sessions</h1>
  <p>You have opened this page ${view.views === 1 ? 'once' : `${view.views} times`} in this session.</p>
  ${view.mode.store ? list(view) : unlisted()}
</section>`

function list (view) {
  const others = view.sessions.filter(({ current }) => !current)
  return html`<ul class="sessions">${view.sessions.map((each) => row(view, each)).reverse()}</ul>
  ${others.length > 0
    ? post(view, '/sessions/end-others', html`<button>Log out all other sessions</button>`)
    : html`<p>To see another one here, log in as <b>${view.user}</b> in a second browser, or in a private window.</p>`}`
}

const row = (view, { hash, label, created, seen, current }) => html`<li>
  <div>
    <p class="device">${deviceIn(label)}${current && html` <span class="badge">this session</span>`}</p>
    <p class="times">Started ${time(created)}, last seen ${time(seen)}</p>
  </div>
  ${!current && post(view, '/sessions/end', html`<input type="hidden" name="hash" value="${hash}">
    <button aria-label="Log out ${deviceIn(label)}, started ${timeFromNow(created - Date.now())}">Log out</button>`)}
</li>`

const unlisted = () => html`<p>Each session is only in the cookie of its browser: the server has no list of them, and cannot end
  one. With the option <code>revocations</code>, a logout also ends copies of the cookie, and a user can log out everywhere.</p>`

const cookie = ({ mode, cookies, expiresAt }) => html`<section class="cookie" aria-labelledby="cookie">
  <h2 id="cookie">The cookie</h2>
  <dl>
    <div><dt>Mode</dt><dd><code>${mode.name}</code></dd></div>
    <div><dt>Content</dt><dd>${mode.content}</dd></div>
    ${cookies.map(({ name, bytes }) => html`<div><dt>Size</dt><dd>${bytes} bytes: <code>${name}</code></dd></div>`)}
    <div><dt>Expires</dt><dd>${time(expiresAt)}</dd></div>
  </dl>
</section>`

const footer = ({ mode }) => html`<footer>
  <p>The code of this page is in the folder <code>example</code>. The other modes:</p>
  <ul>${mode.names.filter((name) => name !== mode.name).map((name) => html`<li><code>MODE=${name} npm start</code></li>`)}</ul>
</footer>`
