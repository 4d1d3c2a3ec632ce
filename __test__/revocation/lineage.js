'use strict'

const { createHash } = require('node:crypto')

const hash = (id) => createHash('sha256').update(id).digest('base64url')

/** A session under all ids that it ever had, and what is known of it. */
class Lineage {
  /** All of its ids; whichever was last, or may have been. */
  ids
  /** Whose it is; undefined where an answer was lost that would tell. */
  subject
  /** Whether it was seen to be dead, or whoever revoked it was told that it is. */
  isDead = false
  /** Why it may be dead, since it was last looked at. */
  doubt
  /** Whether an operation of this step gives it another id, or another subject. */
  isMoving = false
  isChanging = false
  /** Whether it was there before this step, and whose it was. */
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

  /** Notes that it may be dead from now on. */
  doubtIt (why) {
    this.doubt ??= why
  }
}

module.exports = { Lineage, hash }
