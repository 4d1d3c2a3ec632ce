'use strict'

const { builtIn, fitting, loadAddon } = require('./addon')
const { name } = require('../../package.json')

// Each require is a literal inside its own try: tracers find the files by it, and bundlers take a missing one for optional.
// In every pair the first is what a checkout builds beside package.json, the second the platform's package.
const LOADERS = {
  'linux-x64-gnu' (errors) {
    try { return fitting(require('../../koa-session-rs.linux-x64-gnu.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-x64-gnu')) } catch (error) { errors.push(error) }
  },
  'linux-x64-musl' (errors) {
    try { return fitting(require('../../koa-session-rs.linux-x64-musl.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-x64-musl')) } catch (error) { errors.push(error) }
  },
  'linux-arm64-gnu' (errors) {
    try { return fitting(require('../../koa-session-rs.linux-arm64-gnu.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-arm64-gnu')) } catch (error) { errors.push(error) }
  },
  'linux-arm64-musl' (errors) {
    try { return fitting(require('../../koa-session-rs.linux-arm64-musl.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-linux-arm64-musl')) } catch (error) { errors.push(error) }
  },
  'darwin-x64' (errors) {
    try { return fitting(require('../../koa-session-rs.darwin-x64.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-darwin-x64')) } catch (error) { errors.push(error) }
  },
  'darwin-arm64' (errors) {
    try { return fitting(require('../../koa-session-rs.darwin-arm64.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-darwin-arm64')) } catch (error) { errors.push(error) }
  },
  'win32-x64-msvc' (errors) {
    try { return fitting(require('../../koa-session-rs.win32-x64-msvc.node')) } catch (error) { errors.push(error) }
    try { return fitting(require('koa-session-rs-win32-x64-msvc')) } catch (error) { errors.push(error) }
  }
}

function loadOn (platform, errors) {
  // Platforms without a prebuilt binary have at most what a checkout built there.
  return Object.hasOwn(LOADERS, platform) ? LOADERS[platform](errors) : builtIn(name, platform, errors)
}

module.exports = loadAddon(name, loadOn, () => LOADERS)
