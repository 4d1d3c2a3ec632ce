'use strict'

const { builtIn, checked, loadAddon } = require('./addon')
const { name } = require('../../package.json')

// Each require has a literal path, so that tracers find the file, and a try of its own, so that bundlers treat it as optional.
// In each pair, the first is the binary that a checkout builds beside package.json, the second the platform's package.
const LOADERS = {
  'linux-x64-gnu' (errors) {
    try { return checked(require('../../koa-session-rs.linux-x64-gnu.node')) } catch (error) { errors.push(error) }
    try { return checked(require('koa-session-rs-linux-x64-gnu')) } catch (error) { errors.push(error) }
  },
  'linux-x64-musl' (errors) {
    try { return checked(require('../../koa-session-rs.linux-x64-musl.node')) } catch (error) { errors.push(error) }
    try { return checked(require('koa-session-rs-linux-x64-musl')) } catch (error) { errors.push(error) }
  },
  'linux-arm64-gnu' (errors) {
    try { return checked(require('../../koa-session-rs.linux-arm64-gnu.node')) } catch (error) { errors.push(error) }
    try { return checked(require('koa-session-rs-linux-arm64-gnu')) } catch (error) { errors.push(error) }
  },
  'linux-arm64-musl' (errors) {
    try { return checked(require('../../koa-session-rs.linux-arm64-musl.node')) } catch (error) { errors.push(error) }
    try { return checked(require('koa-session-rs-linux-arm64-musl')) } catch (error) { errors.push(error) }
  },
  'darwin-x64' (errors) {
    try { return checked(require('../../koa-session-rs.darwin-x64.node')) } catch (error) { errors.push(error) }
    try { return checked(require('koa-session-rs-darwin-x64')) } catch (error) { errors.push(error) }
  },
  'darwin-arm64' (errors) {
    try { return checked(require('../../koa-session-rs.darwin-arm64.node')) } catch (error) { errors.push(error) }
    try { return checked(require('koa-session-rs-darwin-arm64')) } catch (error) { errors.push(error) }
  },
  'win32-x64-msvc' (errors) {
    try { return checked(require('../../koa-session-rs.win32-x64-msvc.node')) } catch (error) { errors.push(error) }
    try { return checked(require('koa-session-rs-win32-x64-msvc')) } catch (error) { errors.push(error) }
  }
}

function loadOn (platform, errors) {
  // On a platform without a prebuilt binary, only a checkout can have built one.
  return Object.hasOwn(LOADERS, platform) ? LOADERS[platform](errors) : builtIn(name, platform, errors)
}

module.exports = loadAddon(name, loadOn, () => LOADERS)
