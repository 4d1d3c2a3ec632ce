'use strict'

// A random schedule of concurrent operations by several stores on the same sessions, with evictions in between. Each step waits for
// all results, and then checks the sessions: none that has ended is live again, none ends without a reason, and none is live under
// two ids.

const { LIMITED, MOST, SUBJECTS, changeSubject, create, destroy, isTold, merge, regenerate, revoke, touch } = require('./operations')
const { hash } = require('./lineage')
const { random } = require('./random')

const STEPS = 10
const AT_ONCE = 4
/** A fault occurs in one of FAULTS steps, and in step FAULTY; more operations run at once then. */
const FAULTS = 4
const FAULTY = 5
const AT_FAULT = 8

/** Plays one schedule in a world (worlds.js). */
class Schedule {
  #world
  #below
  #seed
  #all = []
  #count = 0
  #log = []

  constructor (world, seed) {
    this.#world = world
    this.#seed = seed
    this.#below = random(seed)
  }

  /** @throws {Error} with the seed and the log, if a session is live or has ended that must not */
  async run () {
    try {
      for (let step = 0; step < STEPS; step++) await this.#step(step)
      for (const subject of SUBJECTS) await this.#perform([revoke(this.#all, subject)])
      await this.#check(true)
    } catch (err) {
      throw new Error(`seed ${this.#seed}: ${err.message}\n${this.#log.join('\n')}`, { cause: err })
    }
  }

  async #step (step) {
    for (const each of this.#all) each.begin()
    const { fail } = this.#world
    const isFaulty = fail !== undefined && (step === FAULTY || this.#below(FAULTS) === 0)
    const count = isFaulty ? AT_ONCE + this.#below(AT_FAULT) : 1 + this.#below(AT_ONCE)
    const operations = Array.from({ length: count }, () => this.#choose())
    const recover = isFaulty ? await fail(this.#below) : undefined
    await this.#perform(operations.filter(Boolean), recover)
    await this.#check(this.#below(4) === 0)
  }

  /** Runs operations at once, and applies their results to the model. */
  async #perform (operations, recover) {
    const answers = await Promise.all(operations.map((operation) => this.#answer(operation)))
    if (recover) this.#log.push(`with a fault: ${await recover()}`)
    this.#log.push(operations.map((operation, i) => `${operation.name}: ${describe(answers[i])}`).join(' | '))
    for (const [i, operation] of operations.entries()) operation.follow(answers[i])
    for (const [i, operation] of operations.entries()) operation.doubt?.(answers[i])
    const limited = operations.flatMap((operation, i) => operation.subject === LIMITED ? [isTold(answers[i])] : [])
    this.isLimited = limited.length > 0 && limited.every(Boolean)
  }

  async #answer (operation) {
    const { stores } = this.#world
    try {
      return await operation.run(stores[this.#below(stores.length)])
    } catch (err) {
      if (err.code !== 'ERR_SESSION_STORE' || !(this.#world.evictsAlways || this.#world.fail)) throw err
      return err
    }
  }

  #choose () {
    const all = this.#all
    const subject = SUBJECTS[this.#below(SUBJECTS.length)]
    const newId = () => `${this.#seed}-${this.#count++}`
    const lineage = all[this.#below(all.length)]
    const kind = this.#below(16)
    // In a step, each session moves or changes its subject at most once.
    const isFree = lineage?.wasThere && !lineage.isMoving && !lineage.isChanging
    if (all.length < 3 || kind < 4) return create(all, newId, this.#below(5) === 0 ? null : subject)
    if (kind === 4) return this.#evict()
    if (!isFree) return undefined
    switch (kind) {
      case 5: return merge(lineage)
      case 6: return touch(lineage)
      case 7: case 8: return regenerate(all, lineage, newId)
      case 9: return regenerate(all, lineage, newId, subject)
      case 10: return changeSubject(all, lineage, subject)
      case 11: return changeSubject(all, lineage, null)
      case 12: return destroy(lineage)
      case 13: return lineage.subject ? revoke(all, lineage.subject, { except: lineage.hash }, lineage) : undefined
      case 14: return lineage.subject ? revoke(all, lineage.subject, { only: lineage.hash }) : undefined
      default: return revoke(all, subject)
    }
  }

  /** Lets the world lose sessions or parts of the index. */
  #evict () {
    const { evict } = this.#world
    if (evict === undefined) return undefined
    return {
      name: 'evict',
      run: () => evict(this.#below, this.#all.map((each) => each.hash)),
      follow: (lost) => {
        for (const each of this.#all) {
          const isOn = each.isMoving || each.isChanging
          if (isOn || each.ids.some((id) => lost.includes(hash(id)))) each.doubtIt('an eviction')
        }
      }
    }
  }

  /** Checks the sessions: all, or those that are not known to have ended. */
  async #check (isThorough) {
    const [store] = this.#world.stores
    const alive = new Map()
    for (const each of this.#all) {
      if (each.isDead && each.wasSeenDead && !isThorough) continue
      const loaded = await Promise.all(each.ids.map((id) => store.load(id)))
      const found = each.ids.filter((_, i) => loaded[i] != null)
      if (found.length > 1) throw new Error(`${found.join(' and ')} are one session`)
      if (each.isDead && found.length > 0) throw new Error(`${found[0]} is alive`)
      if (found.length === 0) {
        if (!each.isDead && each.doubt === undefined && !this.#world.evictsAlways) throw new Error(`${each.id} is dead`)
        each.isDead = each.wasSeenDead = true
        continue
      }
      // After a lost reply, this shows which id it has, and whether it has a subject.
      each.ids.push(...each.ids.splice(each.ids.indexOf(found[0]), 1))
      if (each.subject === undefined && !loaded.find(Boolean).hasSubject) each.subject = null
      alive.set(found[0], each)
    }
    await this.#checkSubjects(store, [...alive.values()], isThorough)
  }

  async #checkSubjects (store, alive, isThorough) {
    if (this.#world.evictsAlways) return
    const of = (subject) => alive.filter((each) => each.subject === subject)
    const unknown = of(undefined)
    const subjects = isThorough || unknown.length > 0 ? SUBJECTS : []
    for (const subject of subjects) {
      const listed = (await store.list(subject)).map((entry) => entry.hash).sort()
      for (const each of unknown) if (listed.includes(each.hash)) each.subject ??= subject
      const expected = of(subject).map((each) => each.hash).sort()
      if (listed.join() !== expected.join()) throw new Error(`${subject} has ${expected.length} sessions, and ${listed.length} are listed`)
    }
    const [lost] = of(undefined)
    if (lost) throw new Error(`${lost.id} has a subject, but is not listed`)
    if (this.isLimited && of(LIMITED).length > MOST) throw new Error(`${LIMITED} has ${of(LIMITED).length} sessions`)
  }
}

function describe (answer) {
  return answer instanceof Error ? answer.reason ?? answer.message : JSON.stringify(answer)
}

module.exports = { Schedule }
