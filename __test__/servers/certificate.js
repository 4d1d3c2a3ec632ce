'use strict'

const { writeFileSync } = require('node:fs')
const { join } = require('node:path')

const { find, run } = require('./process')

const programs = { openssl: find('openssl') }

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']

/**
 * Makes an authority, and a certificate for 127.0.0.1 and localhost that it has signed.
 *
 * @param {string} directory
 * @returns {Promise<{ ca: string, cert: string, key: string }>} paths of PEM files
 */
async function makeCertificate (directory) {
  const path = (name) => join(directory, name)
  const openssl = (...args) => run(programs.openssl, args, { cwd: directory })
  const files = { ca: path('ca.pem'), cert: path('server.pem'), key: path('server.key') }
  writeFileSync(path('extensions'), 'subjectAltName = IP:127.0.0.1, DNS:localhost\nextendedKeyUsage = serverAuth, clientAuth\n')
  await openssl('req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=Test authority', '-keyout', path('ca.key'), '-out', files.ca,
    '-addext', 'keyUsage = critical, keyCertSign')
  await openssl('req', ...KEY, '-subj', '/CN=localhost', '-keyout', files.key, '-out', path('server.csr'))
  await openssl('x509', '-req', '-in', path('server.csr'), '-CA', files.ca, '-CAkey', path('ca.key'), '-CAcreateserial',
    '-days', '2', '-extfile', path('extensions'), '-out', files.cert)
  return files
}

module.exports = { makeCertificate, programs }
