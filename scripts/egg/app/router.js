'use strict'

/** A login with a flash message: text that the session holds until the next page shows it. */
module.exports = ({ router }) => {
  router.post('/login', async (ctx) => {
    ctx.session = { user: ctx.request.body.user, flash: 'Welcome' }
    ctx.body = 'logged in'
  })

  router.get('/', async (ctx) => {
    const { user, flash } = ctx.session
    if (user === undefined) ctx.throw(401)
    if (flash !== undefined) delete ctx.session.flash
    ctx.body = { user, flash }
  })

  router.post('/logout', async (ctx) => {
    ctx.session = null
    ctx.body = 'logged out'
  })
}
