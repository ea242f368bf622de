// SPDX-License-Identifier: ISC
// Certificates of a test's own, made by openssl in a directory of the test.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class Authority {
  /** A new authority NAME in DIR, whose certificate is the file .ca. */
  constructor(dir, name = 'ca') {
    this.dir = dir;
    this.name = name;
    this.ca = join(dir, `${name}.pem`);
    this.#openssl('req', '-x509', ...made, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
  }

  #openssl(...args) {
    execFileSync('openssl', args, { cwd: this.dir, stdio: 'pipe' });
  }

  /** A certificate in FILE.pem, with its key in FILE.key, for ALT ("DNS:localhost,IP:127.0.0.1"); {cert, key}. */
  sign(file, alt, { days = 2 } = {}) {
    writeFileSync(join(this.dir, `${file}.ext`), `subjectAltName=${alt}`);
    this.#openssl('req', ...made, '-subj', `/CN=${file}`, '-keyout', `${file}.key`, '-out', `${file}.csr`);
    this.#openssl('x509', '-req', '-in', `${file}.csr`, '-CA', this.ca, '-CAkey', `${this.name}.key`, '-CAcreateserial',
      '-days', String(days), '-extfile', `${file}.ext`, '-out', `${file}.pem`);
    return { cert: join(this.dir, `${file}.pem`), key: join(this.dir, `${file}.key`) };
  }
}
