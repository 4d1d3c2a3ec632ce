'use strict'

// Which certificates are accepted, and the errors for the others. They are made by OpenSSL, as most certificates are.

const assert = require('node:assert/strict')
const { readFileSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { after, before, describe, test } = require('node:test')
const { programs } = require('../servers/certificate')
const { run, temporaryDirectory } = require('../servers/process')
const servers = require('../servers/redis')
const { RedisStore } = require('../../stores/redis')

const NAMES = 'subjectAltName = IP:127.0.0.1, DNS:localhost\n'
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']

describe('certificates', { skip: servers.skip }, () => {
  let directory
  const path = (name) => join(directory, name)
  const read = (name) => readFileSync(path(`${name}.pem`), 'utf8')
  const openssl = (...args) => run(programs.openssl, args, { cwd: directory })

  /** Makes a certificate, signed by an authority or by itself; without extensions, it has X.509 version 1. */
  async function make (name, extensions, { by = name, days = '2' } = {}) {
    await openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    const signer = by === name ? ['-signkey', `${name}.key`] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial']
    if (extensions !== '') writeFileSync(path(`${name}.ext`), extensions)
    const extended = extensions === '' ? [] : ['-extfile', `${name}.ext`]
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', days, ...extended, '-out', `${name}.pem`)
  }

  before(async () => {
    directory = temporaryDirectory('certificates')
    await make('authority', 'basicConstraints = CA:TRUE\n')
    await make('old-authority', '')
  })
  after(() => rmSync(directory, { recursive: true }))

  /** Loads a session from a server that has the certificate of that name. */
  async function attempt (t, name, tls, config) {
    const files = { 'tls-cert-file': path(`${name}.pem`), 'tls-key-file': path(`${name}.key`) }
    const server = await servers.start({ tls: true, config: { ...files, 'tls-ca-cert-file': path('authority.pem'), ...config } })
    t.after(() => server.stop())
    const store = new RedisStore({ url: server.url, tls, timeoutMs: 60000 })
    t.after(() => store.close())
    return store.load('nobody')
  }

  const refused = (code) => (error) => {
    assert.deepEqual([error.code, error.reason, error.cause.code], ['ERR_SESSION_STORE', 'tls', code])
    return true
  }

  const TAKEN = {
    'signed by the given authority': [NAMES, { by: 'authority' }],
    'signed by an authority of version 1': [NAMES, { by: 'old-authority' }],
    'self-signed and given as ca': [NAMES],
    'self-signed with CA:TRUE and given as ca': [`${NAMES}basicConstraints = CA:TRUE\n`]
  }
  for (const [title, [extensions, how = {}]] of Object.entries(TAKEN)) {
    test(`is accepted: one ${title}`, async (t) => {
      const name = title.replace(/\W+/g, '-')
      await make(name, extensions, how)
      assert.equal(await attempt(t, name, { ca: read(how.by ?? name) }), undefined)
    })
  }

  const REFUSED = {
    'without a subjectAltName': ['keyUsage = digitalSignature\n', { by: 'authority' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    'of another name': ['subjectAltName = DNS:example.org\n', { by: 'authority' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    'of another name, self-signed with CA:TRUE': ['basicConstraints = CA:TRUE\n', {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    'of version 1': ['', { by: 'authority' }, 'CERT_REJECTED'],
    'for clients alone': [`${NAMES}extendedKeyUsage = clientAuth\n`, { by: 'authority' }, 'CERT_REJECTED'],
    'that has expired': [NAMES, { by: 'authority', days: '-1' }, 'CERT_HAS_EXPIRED'],
    'that has expired, self-signed with CA:TRUE': [`${NAMES}basicConstraints = CA:TRUE\n`, { days: '-1' }, 'CERT_HAS_EXPIRED']
  }
  for (const [title, [extensions, how, code]] of Object.entries(REFUSED)) {
    test(`is refused: one ${title}`, async (t) => {
      const name = title.replace(/\W+/g, '-')
      await make(name, extensions, how)
      await assert.rejects(attempt(t, name, { ca: read(how.by ?? name) }), refused(code))
    })
  }

  test('is refused: one self-signed with CA:TRUE, if ca is another one', async (t) => {
    await make('stranger', `${NAMES}basicConstraints = CA:TRUE\n`)
    await assert.rejects(attempt(t, 'stranger', { ca: read('authority') }), (error) => error.reason === 'tls')
  })

  test('an invalid ca is named in the error', async (t) => {
    await make('fine', NAMES, { by: 'authority' })
    await assert.rejects(attempt(t, 'fine', { ca: 'no certificate' }), (error) => {
      assert.equal(error.reason, 'tls')
      assert.match(error.cause.message, /tls\.ca/)
      return true
    })
  })

  test('a server that requires client certificates', async (t) => {
    await make('server', NAMES, { by: 'authority' })
    await make('client', NAMES, { by: 'authority' })
    const wanted = { 'tls-auth-clients': 'yes' }
    const ca = read('authority')
    await assert.rejects(attempt(t, 'server', { ca }, wanted), (error) => error.reason === 'tls')
    const own = { cert: read('client'), key: readFileSync(path('client.key')) }
    assert.equal(await attempt(t, 'server', { ca, ...own }, wanted), undefined)
  })
})
