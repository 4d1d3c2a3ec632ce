'use strict'

const { createHash } = require('node:crypto')

const hash = (id) => createHash('sha256').update(id).digest('base64url')

/** A session under all ids that it has had, and what is known about it. */
class Lineage {
  /** All its ids, the last of which is, or may be, the current one. */
  ids
  /** Its subject; undefined if it is unknown, since a reply was lost. */
  subject
  /** Whether it was found to have ended, or a call that ends it has succeeded. */
  isDead = false
  /** Why it may have ended since the last check. */
  doubt
  /** Whether an operation of this step gives it another id, or another subject. */
  isMoving = false
  isChanging = false
  /** Whether it existed before this step, and its subject then. */
  wasThere = false
  before

  constructor (id, subject) {
    this.ids = [id]
    this.subject = subject
  }

  get id () { return this.ids.at(-1) }

  get hash () { return hash(this.id) }

  begin () {
    this.wasThere = true
    this.before = this.subject
    this.isMoving = this.isChanging = false
    this.doubt = undefined
  }

  /** Records that it may have ended. */
  doubtIt (why) {
    this.doubt ??= why
  }
}

module.exports = { Lineage, hash }
