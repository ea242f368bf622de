// SPDX-License-Identifier: ISC
// Certificates of a test's own, made by openssl in a directory of the test.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The arguments with which redis-server has TLS with the files {ca, cert, key}, also to other servers; its tls-port is another. */
export const tlsArgs = ({ ca, cert, key }) =>
  ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no', '--tls-replication', 'yes'];

const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/* What `openssl ca` needs: it takes an end in the past, which `openssl x509` refuses from 3.5 on. */
const signing = alt => `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = names
x509_extensions = leaf
[names]
commonName = supplied
[leaf]
subjectAltName = ${alt}
authorityKeyIdentifier = keyid
`;

/* A time so many DAYS from now, as openssl writes it. */
const inDays = days => new Date(Date.now() + days * 86400000).toISOString().replace(/\.\d+|[-:T]/g, '');

export class Authority {
  /** A new authority NAME in DIR, whose certificate is the file .ca. */
  constructor(dir, name = 'ca') {
    this.dir = dir;
    this.name = name;
    this.ca = join(dir, `${name}.pem`);
    this.#openssl('req', '-x509', ...made, '-subj', `/CN=${name}`, '-addext', 'keyUsage = critical, keyCertSign',
      '-keyout', `${name}.key`, '-out', `${name}.pem`);
  }

  #openssl(...args) {
    execFileSync('openssl', args, { cwd: this.dir, stdio: 'pipe' });
  }

  /** A certificate in FILE.pem, with its key in FILE.key, for ALT ("DNS:localhost,IP:127.0.0.1"); {cert, key}. */
  sign(file, alt, { days = 2 } = {}) {
    writeFileSync(join(this.dir, `${file}.cnf`), signing(alt));
    writeFileSync(join(this.dir, 'index.txt'), '');
    this.#openssl('req', ...made, '-subj', `/CN=${file}`, '-keyout', `${file}.key`, '-out', `${file}.csr`);
    this.#openssl('ca', '-batch', '-notext', '-config', `${file}.cnf`, '-cert', this.ca, '-keyfile', `${this.name}.key`,
      '-startdate', inDays(-2), '-enddate', inDays(days), '-in', `${file}.csr`, '-out', `${file}.pem`);
    return { cert: join(this.dir, `${file}.pem`), key: join(this.dir, `${file}.key`) };
  }
}
