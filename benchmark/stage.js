'use strict'

const { createApp, KEYS } = require('./app')
const { cookiesFrom, visitor } = require('./exchange')

/** The first part of the path that each action requests. */
const PATHS = { untouched: 'idle', read: 'read', modify: 'modify' }

/** One app for each subject, mode and set of keys, so that Koa's own code sees as few shapes of ctx as possible. */
const callbacks = new Map()

/**
 * One subject in one case: its app, and a visitor with a session of the required shape.
 *
 * The case is an action (untouched, read, modify) in a mode (cookie, store), with the name of a `shape` of data, `others`: a number
 * of other cookies before the session's, and `keys`, the last of which signed the cookie if `last` is set.
 */
class Stage {
  constructor (subject, scene, cookie) {
    this.subject = subject
    this.scene = scene
    this.cookie = cookie
    /** Makes the request that is measured; returns the response. */
    this.visit = this.visitor(PATHS[scene.action])
  }

  /** Makes a visitor for the first part of a path, or with another Cookie header. */
  visitor (path, cookie = this.cookie) {
    return visitor(callback(this.subject, this.scene), `/${path}/${this.scene.shape}`, cookie)
  }
}

/**
 * Makes a stage: the subject itself creates the session and its cookie.
 *
 * @param {object} subject
 * @param {object} scene
 * @returns {Promise<Stage>}
 */
async function setStage (subject, scene) {
  if (scene.action === 'untouched') return new Stage(subject, scene)
  const { keys, last, shape, others = 0 } = scene
  const maker = last ? createApp(subject, scene.mode, keys.slice(-1)).callback() : callback(subject, scene)
  const res = await visitor(maker, `/fill/${shape}`)()
  const cookie = cookiesFrom(res.getHeader('set-cookie'))
  return new Stage(subject, scene, [...otherCookies(others), cookie].join('; '))
}

function callback (subject, { mode, keys = KEYS }) {
  const name = [subject.name, mode, ...keys].join()
  if (!callbacks.has(name)) callbacks.set(name, createApp(subject, mode, keys).callback())
  return callbacks.get(name)
}

function otherCookies (count) {
  return Array.from({ length: count }, (_, i) => `other${String(i).padStart(2, '0')}=abcdefghijklmnopqrst`)
}

/** Makes a stage without middleware that receives the Cookie header of another stage. */
function bareStage (bare, stage) {
  return new Stage(bare, stage.scene, stage.cookie)
}

module.exports = { setStage, bareStage }
