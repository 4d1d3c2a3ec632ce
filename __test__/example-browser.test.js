'use strict'

/**
 * Uses the example in a browser, looks for faults of accessibility, and makes screenshots: in the folder that the environment
 * variable SCREENSHOTS names, if it is set.
 */

const { after, before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { mkdirSync, mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const axe = require('axe-core')
const { chromium } = require('playwright-core')

const { Visitor, startExample } = require('./harness/example')
const { find, requirePrograms, skipWithout } = require('./servers/process')

const programs = { chromium: find('chromium', 'google-chrome', 'chromium-browser') }

const FIREFOX = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
const EDGE = {
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0'
}
const PHONE = {
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'
}

/** The widths at which the page has to fit: from a phone to a large window. The screenshots have the first and the last. */
const WIDTHS = [390, 560, 840, 1400]
const SHOT = [390, 1400]

describe('the example in a browser', { skip: skipWithout(programs) }, () => {
  let browser, example, folder

  before(async () => {
    requirePrograms(programs)
    browser = await chromium.launch({ executablePath: programs.chromium })
    folder = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'koa-session-rs-screenshots-'))
    mkdirSync(folder, { recursive: true })
    example = await startExample()
  })

  after(async () => {
    await browser?.close()
    await example?.stop()
    if (folder && !process.env.SCREENSHOTS) rmSync(folder, { recursive: true })
  })

  /** Opens the page in a browser of its own. What the browser complains about is in `complaints`. */
  async function open (t, options, { address } = example) {
    const context = await browser.newContext(options)
    t.after(() => context.close())
    const page = await context.newPage()
    const complaints = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error))
    page.on('requestfailed', (request) => complaints.push(request.url()))
    await page.goto(address)
    return Object.assign(page, { complaints })
  }

  async function login (page, name) {
    await page.getByRole('textbox').fill(name)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('textbox').waitFor({ state: 'detached' })
  }

  const devices = (page) => page.locator('.device').evaluateAll((list) => list.map(({ firstChild }) => firstChild.data.trim()))
  const isLoggedIn = async (page) => await page.getByRole('textbox').count() === 0

  test('one browser ends the session of another one, with and without script', async (t) => {
    const desk = await open(t, FIREFOX)
    const phone = await open(t, { ...PHONE, javaScriptEnabled: false })
    await login(desk, 'ada')
    await login(phone, 'ada')

    await desk.reload()
    assert.deepEqual(await devices(desk), ['Safari on iPhone', 'Firefox on Linux'])
    await desk.getByRole('listitem').getByRole('button').click()
    assert.deepEqual(await devices(desk), ['Firefox on Linux'])

    await phone.getByRole('listitem').getByRole('button').click()
    assert.equal(await isLoggedIn(phone), false)
    assert.equal(await phone.getByRole('status').count(), 1)

    await login(phone, 'ada')
    await phone.locator('form[action="/sessions/end-others"] button').click()
    assert.deepEqual(await devices(phone), ['Safari on iPhone'])
    await desk.reload()
    assert.equal(await isLoggedIn(desk), false)

    await phone.getByRole('banner').getByRole('button').click()
    assert.equal(await isLoggedIn(phone), false)
    assert.equal(await phone.getByRole('status').count(), 0)
    assert.deepEqual([desk.complaints, phone.complaints], [[], []])
  })

  test('a login can be made with the keyboard alone', async (t) => {
    const page = await open(t, FIREFOX)
    await page.keyboard.type('grace')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.device')
    assert.deepEqual(await devices(page), ['Firefox on Linux'])
  })

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds no fault, and nothing is wider than the window: ${colorScheme}`, async (t) => {
      // Axe is a script, which the page's Content-Security-Policy forbids.
      const page = await open(t, { ...FIREFOX, colorScheme, bypassCSP: true })
      assert.deepEqual(await faults(page), [])
      await shoot(page, `login-${colorScheme}`)

      const name = `ada-${colorScheme}`
      for (const { userAgent } of [PHONE, EDGE, PHONE]) await new Visitor(example, userAgent).login(name)
      await login(page, name)
      await page.getByRole('listitem').getByRole('button').first().click()
      assert.deepEqual([await devices(page), await page.getByRole('status').count()], [['Firefox on Linux', 'Edge on Windows', 'Safari on iPhone'], 1])
      assert.deepEqual(await faults(page), [])
      await shoot(page, `sessions-${colorScheme}`)
    })
  }

  test('axe finds no fault in a page without a list', async (t) => {
    const page = await open(t, { ...FIREFOX, bypassCSP: true }, await startExample(t, { MODE: 'cookie' }))
    await login(page, 'ada')
    assert.deepEqual(await faults(page), [])
    await shoot(page, 'cookie')
  })

  /** Returns what axe criticises, with the elements. */
  async function faults (page) {
    await page.evaluate(axe.source)
    const { passes, violations } = await page.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert.ok(passes.length > 10)
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
  }

  async function shoot (page, name) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 700 })
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
      if (!SHOT.includes(width)) continue
      const png = await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true })
      // A PNG begins with its signature and the chunk IHDR, which has the width.
      assert.deepEqual([png.toString('latin1', 1, 4), png.readUInt32BE(16)], ['PNG', width])
    }
  }
})
