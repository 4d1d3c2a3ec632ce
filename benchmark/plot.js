'use strict'

/** Draws cost against bytes as SVG: a panel for each series, both axes logarithmic. */

const { KINDS } = require('./shapes')

const PANEL = { width: 300, height: 210, left: 60, top: 118, columnGap: 60, rowGap: 76 }
const WIDTH = PANEL.left + KINDS.length * (PANEL.width + PANEL.columnGap)
const LEGEND = { left: 60, top: 52, line: 26, columns: 4, columnWidth: 260, rowHeight: 22 }

/** The rows of panels: all panels of a row have the same axes, so that the kinds of data can be compared. */
const ROWS = ['cookie read', 'cookie modify', 'store read', 'store modify']

/** The series of the growth part, with the panel's title: one panel for each, in a row those of all kinds of data. */
const PANELS = new Map(ROWS.flatMap((row) => KINDS.map((kind) =>
  [`session bytes, ${row} ${kind}`, `${row.replace(' ', ', ')}: ${kind}`])))

/** The lines in drawing order: the colours on light and on dark backgrounds, and the dashes. */
const LINES = new Map([
  ['koa-session', { title: 'koa-session', light: '#1c63c8', dark: '#74aaff' }],
  ['generic', { title: 'koa-generic-session', light: '#8a6d00', dark: '#d9b93b' }],
  ['minimal', { title: 'koa-session-minimal', light: '#8443b8', dark: '#c79bf2' }],
  ['wrapper', { title: 'wrapper', light: '#0b7a55', dark: '#4fcf9f', dash: '2 4' }],
  ['floor', { title: 'floor', light: '#666b73', dark: '#a4abb5', dash: '7 4' }],
  ['native', { title: 'native floor', light: '#666b73', dark: '#a4abb5', dash: '1 3' }],
  ['ours+mem', { title: 'our memory store', light: '#cf4411', dark: '#ff8c5a', dash: '1 4' }],
  ['ours', { title: 'koa-session-rs', light: '#cf4411', dark: '#ff8c5a' }]
])

const STYLE = `
  svg { font: 13px system-ui, sans-serif; --back: #ffffff; --ink: #24292f; --grid: #d8dee4; ${colours('light')} }
  @media (prefers-color-scheme: dark) { svg { --back: #0d1117; --ink: #e6edf3; --grid: #30363d; ${colours('dark')} } }
  text { fill: var(--ink) } .title { font-weight: 600 } .back { fill: var(--back) } .grid { stroke: var(--grid) }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round } .ours { stroke-width: 3 }`

function colours (scheme) {
  return [...LINES].map(([name, line]) => `--${classOf(name)}: ${line[scheme]}`).join('; ')
}

/**
 * Draws the plot.
 *
 * @param {Object<string, {us: Object<string, Object<string, number>>}>} series figures of the growth part
 * @returns {string} SVG
 */
function plot (series) {
  const panels = [...PANELS].map(([name, title]) => ({ title, lines: linesOf(series[name].us) }))
  const rows = ROWS.map((_, i) => panels.slice(i * KINDS.length, (i + 1) * KINDS.length))
  const axes = rows.map((row) => ({ x: axisOf(row, ([bytes]) => bytes), y: axisOf(row, ([, us]) => us, true) }))
  const height = PANEL.top + rows.length * (PANEL.height + PANEL.rowGap) - LEGEND.left / 2
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Cost of a request against bytes of session">
<style>${STYLE}
</style>
<rect class="back" width="${WIDTH}" height="${height}"/>
<text x="${LEGEND.left}" y="26" class="title">Cost of a request above bare Koa, µs, against bytes of session JSON</text>
${[...LINES.keys()].map(legend).join('\n')}
${panels.map((panel, i) => drawPanel(panel, i, axes[rowOf(i)])).join('\n')}
</svg>
`
}

/** Returns the points of each line, without costs of zero or less, which a logarithmic axis cannot show. */
function linesOf (us) {
  const points = Object.entries(us).map(([name, values]) => [Number.parseInt(name, 10), values])
  const lines = [...LINES.keys()].map((name) =>
    [name, points.filter(([, values]) => values[name] > 0).map(([bytes, values]) => [bytes, values[name]])])
  return lines.filter(([, line]) => line.length > 0)
}

/** Computes the range and the labels of an axis. The axis of costs ends at a label, that of bytes at the last point. */
function axisOf (panels, coordinate, isRounded) {
  const values = panels.flatMap(({ lines }) => lines.flatMap(([, points]) => points.map(coordinate)))
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const steps = stepsAround(least, most)
  if (isRounded) return { least: steps[0], most: steps.at(-1), ticks: readable(steps) }
  return { least, most, ticks: readable(steps.filter((step) => step >= least && step <= most)) }
}

/** Returns 1 and 3 times each power of ten, from just below the smallest value to just above the largest. */
function stepsAround (least, most) {
  const first = Math.floor(Math.log10(least))
  const count = Math.ceil(Math.log10(most)) - first + 1
  const steps = Array.from({ length: count }, (_, i) => 10 ** (first + i)).flatMap((decade) => [decade, 3 * decade])
  return steps.filter((step, i) => (steps[i + 1] ?? Infinity) > least && (steps[i - 1] ?? 0) < most)
}

const readable = (steps) => steps.length < 7 ? steps : steps.filter((step) => Number.isInteger(Math.log10(step)))

const place = ({ least, most }, value) => Math.log(value / least) / Math.log(most / least)

const rowOf = (i) => Math.floor(i / KINDS.length)

function drawPanel ({ title, lines }, i, { x, y }) {
  const left = PANEL.left + (i % KINDS.length) * (PANEL.width + PANEL.columnGap)
  const top = PANEL.top + rowOf(i) * (PANEL.height + PANEL.rowGap)
  const atX = (bytes) => round(left + place(x, bytes) * PANEL.width)
  const atY = (us) => round(top + (1 - place(y, us)) * PANEL.height)
  const rows = y.ticks.map((us) => `<path class="grid" d="M${left} ${atY(us)}h${PANEL.width}"/>
<text x="${left - 8}" y="${atY(us) + 4}" text-anchor="end">${short(us)}</text>`)
  const columns = x.ticks.map((bytes) => `<path class="grid" d="M${atX(bytes)} ${top}v${PANEL.height}"/>
<text x="${atX(bytes)}" y="${top + PANEL.height + 18}" text-anchor="middle">${short(bytes)}</text>`)
  const curves = lines.map(([name, points]) =>
    stroke(name, `M${points.map(([bytes, us]) => `${atX(bytes)} ${atY(us)}`).join('L')}`))
  return [`<text x="${left}" y="${top - 10}" class="title">${title}</text>`, ...rows, ...columns, ...curves].join('\n')
}

function legend (name, i) {
  const { left, top, line, columns, columnWidth, rowHeight } = LEGEND
  const x = left + (i % columns) * columnWidth
  const y = top + Math.floor(i / columns) * rowHeight
  return `${stroke(name, `M${x} ${y - 4}h${line}`)}<text x="${x + line + 7}" y="${y}">${LINES.get(name).title}</text>`
}

function stroke (name, path) {
  const { dash } = LINES.get(name)
  const own = classOf(name)
  return `<path class="line ${own}" style="stroke: var(--${own})" d="${path}"${dash ? ` stroke-dasharray="${dash}"` : ''}/>`
}

/** Returns a subject's name as a CSS class. */
function classOf (name) {
  return name.replace('+', '-')
}

const round = (number) => Math.round(number * 10) / 10

const short = (number) => number >= 1000 ? `${number / 1000}k` : String(number)

module.exports = { plot, PANELS }
