// SPDX-License-Identifier: ISC
// JSON Web Tokens as a host application signs them, by node's own crypto; malformed ones too.
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Seconds since the epoch. */
export const now = () => Math.floor(Date.now() / 1000);

const part = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** A key for ALG: { signing, checking }, the latter as the text of a key file. */
export function newKey(alg) {
  if (alg.startsWith('HS')) {
    const secret = randomBytes(32).toString('hex');
    return { signing: secret, checking: secret };
  }
  const pair = curves[alg]
    ? generateKeyPairSync('ec', { namedCurve: curves[alg] })
    : alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { signing: pair.privateKey, checking: pair.publicKey.export({ type: 'spki', format: 'pem' }) };
}

function signature(alg, key, text) {
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) return createHmac(hash, key).update(text).digest();
  if (alg === 'EdDSA') return sign(null, Buffer.from(text), key);
  return sign(hash, Buffer.from(text), alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' } : key);
}

/** CLAIMS (an object, or any text) signed with KEY; HEAD is laid over the header. */
export function newJwt(claims, key, alg = 'HS256', head = {}) {
  const text = `${part({ alg, typ: 'JWT', ...head })}.${part(claims)}`;
  return `${text}.${signature(alg, key, text).toString('base64url')}`;
}
