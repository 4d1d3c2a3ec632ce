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

const { startExample } = require('./harness/example')
const { find, requirePrograms, skipWithout } = require('./servers/process')

const programs = { chromium: find('chromium', 'chromium-browser', 'google-chrome') }

const FIREFOX = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
const PHONE = {
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'
}

/** The widths of the screenshots: a phone, a small window, and a large one. */
const WIDTHS = [390, 960, 1400]

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
    if (!process.env.SCREENSHOTS) rmSync(folder, { recursive: true })
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
    assert.equal(await page.title(), 'Your sessions · koa-session-rs')
  }

  const devices = (page) => page.locator('.device').evaluateAll((list) => list.map(({ firstChild }) => firstChild.data.trim()))
  const isLoggedIn = async (page) => await page.getByRole('textbox').count() === 0

  for (const javaScriptEnabled of [true, false]) {
    test(`one browser ends the session of another one ${javaScriptEnabled ? 'with' : 'without'} script`, async (t) => {
      const name = `ada-${javaScriptEnabled}`
      const desk = await open(t, { ...FIREFOX, javaScriptEnabled })
      const phone = await open(t, { ...PHONE, javaScriptEnabled })
      await login(desk, name)
      await login(phone, name)

      await desk.reload()
      assert.deepEqual(await devices(desk), ['Safari on iPhone', 'Firefox on Linux'])
      await desk.getByRole('listitem').getByRole('button').click()
      assert.deepEqual(await devices(desk), ['Firefox on Linux'])

      await phone.getByRole('button', { name: 'Log out' }).first().click()
      assert.equal(await isLoggedIn(phone), false)
      assert.equal(await phone.getByRole('status').count(), 1)

      await login(phone, name)
      await desk.reload()
      await desk.getByRole('button', { name: 'others' }).or(desk.getByRole('button', { name: 'other sessions' })).click()
      assert.deepEqual(await devices(desk), ['Firefox on Linux'])
      await phone.reload()
      assert.equal(await isLoggedIn(phone), false)

      await desk.getByRole('banner').getByRole('button').click()
      assert.equal(await isLoggedIn(desk), false)
      assert.equal(await desk.getByRole('status').count(), 0)
      assert.deepEqual([desk.complaints, phone.complaints], [[], []])
    })
  }

  test('a login can be made with the keyboard alone', async (t) => {
    const page = await open(t, FIREFOX)
    await page.keyboard.type('grace')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.device')
    assert.deepEqual(await devices(page), ['Firefox on Linux'])
  })

  test('going back and reloading does not send a form again', async (t) => {
    const page = await open(t, FIREFOX)
    await login(page, 'back')
    await page.reload()
    await page.goBack()
    assert.equal(await isLoggedIn(page), true)
  })

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds no fault, and nothing is wider than the window: ${colorScheme}`, async (t) => {
      // Axe is a script, which the page's Content-Security-Policy forbids.
      const page = await open(t, { ...FIREFOX, colorScheme, bypassCSP: true })
      const violations = async () => {
        await page.evaluate(axe.source)
        const result = await page.evaluate('axe.run()')
        assert.ok(result.passes.length > 10)
        return result.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
      }
      assert.deepEqual(await violations(), [])
      await shoot(page, `login-${colorScheme}`)

      const name = `axe-${colorScheme}`
      await login(await open(t, PHONE), name)
      const other = await open(t, { userAgent: `${FIREFOX.userAgent} Edg/140.0`.replace('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64') })
      await login(other, name)
      await login(page, name)
      assert.deepEqual(await violations(), [])
      await shoot(page, `sessions-${colorScheme}`)
      await page.getByRole('listitem').getByRole('button').first().click()
      assert.deepEqual(await violations(), [])
      await shoot(page, `notice-${colorScheme}`)
    })
  }

  for (const MODE of ['cookie', 'sealed']) {
    test(`axe finds no fault in the mode ${MODE}`, async (t) => {
      const other = await startExample(t, { MODE })
      const page = await open(t, { ...FIREFOX, bypassCSP: true }, other)
      await login(page, 'ada')
      await page.evaluate(axe.source)
      assert.deepEqual((await page.evaluate('axe.run()')).violations, [])
      assert.equal(await page.getByRole('heading', { level: 2 }).count(), 1)
      await shoot(page, MODE)
    })
  }

  async function shoot (page, name) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 640 })
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
      const png = await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true })
      // A PNG begins with its signature and the chunk IHDR, which has the width.
      assert.deepEqual([png.toString('latin1', 1, 4), png.readUInt32BE(16)], ['PNG', width])
    }
  }
})
