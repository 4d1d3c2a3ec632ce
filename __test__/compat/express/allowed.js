'use strict'

/**
 * The differences from express-session that are intended, by their reason: tests of a request that differs, of the script, and of what
 * both sides returned. After one, the stores may differ, so the script ends.
 */

const called = ({ log }, method) => log.some(([name]) => name === method)
const does = ({ operations }, ...names) => operations.some(({ name }) => names.includes(name))

const ALLOWED = {
  'the response waits for the store, and says that it failed': ({ fails }, script, [theirs, ours]) =>
    fails !== undefined && fails !== 'get' && called(ours, fails) && ours.status === 500 && theirs.status !== 500,

  'a session that cannot be read is not destroyed': ({ fails }, { options }, [theirs, ours]) =>
    fails === 'get' && options.unset === 'destroy' && called(theirs, 'destroy') && ours.log.length === 1 && ours.status === 500,

  'a destroyed session is not saved again': (request, { options }, [theirs, ours]) =>
    options.concurrent !== 'overwrite' && does(request, 'saveOld') && called(theirs, 'destroy') && theirs.log.length > ours.log.length
}

module.exports = { ALLOWED }
