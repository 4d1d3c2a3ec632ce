'use strict'

// The operations on a store, what follows from their results, and which sessions may have ended afterwards. A result is an Error
// if the store rejects.

const { Lineage, hash } = require('./lineage')

const LIFE_MS = 600000
/** The subject that has a limit, and the limit. */
const LIMITED = 'limited'
const MOST = 2
const SUBJECTS = ['alice', 'bob', LIMITED]

const limitOf = (subject) => subject === LIMITED ? { limit: { max: MOST, overflow: 'oldest' } } : {}
const isTold = (answer) => !(answer instanceof Error)

/** Marks the sessions that a limit may have ended. It may also have ended them for a session whose creation failed afterwards. */
function doubtLimited (all, subject, except) {
  if (subject !== LIMITED) return
  for (const each of all) if (each !== except && (each.subject === LIMITED || each.before === LIMITED)) each.doubtIt('a limit')
}

function create (all, newId, subject) {
  const lineage = new Lineage(newId(), subject)
  all.push(lineage)
  lineage.isChanging = true
  return {
    name: `create ${lineage.id} of ${subject}`,
    subject,
    run: (store) => store.create(lineage.id, { data: '{"a":1}', maxAge: LIFE_MS, subject: subject ?? undefined, ...limitOf(subject) }, LIFE_MS),
    follow (answer) {
      if (!isTold(answer)) lineage.doubtIt('its creation was not answered')
    },
    doubt: () => doubtLimited(all, subject, lineage)
  }
}

/** Writes to a session. It must be missing if it has ended, and only then. */
function write (lineage, name, run) {
  const wasDead = lineage.isDead
  return {
    name: `${name} ${lineage.id}`,
    run,
    follow (answer) {
      if (!isTold(answer)) return
      if (wasDead && answer !== 'missing') throw new Error(`${name} found ${lineage.id}, which is dead`)
      if (answer === 'missing') lineage.doubtIt('a write found it missing')
      return answer === 'missing'
    }
  }
}

const merge = (lineage) => write(lineage, 'merge', (store) => store.merge(lineage.id, { base: 1, set: '{"b":1}', delete: [] }, LIFE_MS))

const touch = (lineage) => write(lineage, 'touch', (store) => store.touch(lineage.id, LIFE_MS))

/** Makes changes that keep the subject or change it. */
function changesTo (subject) {
  const changes = { base: 1, set: '{"c":1}', delete: [] }
  return subject === undefined ? changes : { ...changes, subject, ...limitOf(subject) }
}

function changeSubject (all, lineage, subject) {
  lineage.isChanging = true
  const written = write(lineage, `to ${subject}`, (store) => store.merge(lineage.id, changesTo(subject), LIFE_MS))
  return {
    ...written,
    subject,
    follow (answer) {
      written.follow(answer)
      if (!isTold(answer)) lineage.subject = undefined
      else if (answer !== 'missing') lineage.subject = subject
    },
    doubt: () => doubtLimited(all, subject, lineage)
  }
}

function regenerate (all, lineage, newId, subject) {
  const id = newId()
  lineage.isMoving = true
  lineage.isChanging ||= subject !== undefined
  const written = write(lineage, `move to ${id}, ${subject}`, (store) => store.regenerate(lineage.ids.at(-1), id, changesTo(subject), LIFE_MS))
  return {
    ...written,
    subject,
    follow (answer) {
      written.follow(answer)
      if (answer === 'missing') return
      lineage.ids.push(id)
      if (subject !== undefined) lineage.subject = isTold(answer) ? subject : undefined
    },
    doubt: () => doubtLimited(all, subject, lineage)
  }
}

function destroy (lineage) {
  return {
    name: `destroy ${lineage.id}`,
    run: (store) => store.destroy(lineage.id),
    follow (answer) {
      if (answer === true || (isTold(answer) && !lineage.isMoving)) lineage.isDead = true
      else lineage.doubtIt('a logout')
    }
  }
}

/** Revokes sessions of a subject. If it succeeds, the sessions that it selects have ended. Those created meanwhile may have ended. */
function revoke (all, subject, which, but) {
  return {
    name: `destroy all of ${subject} ${JSON.stringify(which) ?? ''}`,
    run: (store) => store.destroyAll(subject, which),
    follow () {},
    doubt (answer) {
      for (const each of all) {
        const wasIts = each.wasThere && each.before === subject && !each.isChanging
        const isNamed = wasIts && (which?.only === undefined || which.only === each.hash || each.ids.some((id) => hash(id) === which.only))
        const isKept = each === but
        const mayBeIts = [subject, undefined].includes(each.before) || each.subject === subject || each.subject === undefined
        if (isNamed && !isKept && isTold(answer) && !(which?.only && each.isMoving)) each.isDead = true
        else if (mayBeIts && !(isKept && !each.isMoving)) each.doubtIt('a revocation')
      }
    }
  }
}

module.exports = { LIMITED, MOST, SUBJECTS, changeSubject, create, destroy, isTold, merge, regenerate, revoke, touch }
