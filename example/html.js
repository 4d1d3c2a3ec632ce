'use strict'

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text that is HTML already. */
class Html {
  constructor (text) { this.text = text }
}

/** Escapes the values of a template, but for those that it made itself: html`<p>${name}</p>`. Undefined and false become nothing. */
function html (strings, ...values) {
  return new Html(strings.map((string, i) => string + (i < values.length ? toText(values[i]) : '')).join(''))
}

function toText (value) {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(toText).join('')
  if (value === undefined || value === false) return ''
  return String(value).replace(/[&<>"']/g, (char) => ENTITIES[char])
}

module.exports = html
