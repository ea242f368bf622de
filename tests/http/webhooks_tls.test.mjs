// SPDX-License-Identifier: ISC
// Webhooks go to receivers with TLS only if their certificate is good; if it is not, the administrator is told what to do.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../lib/certificates.mjs';
import { makeDirectory, removeDirectory } from '../lib/child.mjs';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30 };
const here = 'DNS:localhost,IP:127.0.0.1';

describe('a webhook with https', { concurrency: 6 }, () => {
  let dir, trusted, stranger, trust, stack;
  before(async () => {
    dir = makeDirectory('rollcall-tls-');
    [trusted, stranger] = [new Authority(dir), new Authority(dir, 'stranger')];
    trust = join(dir, 'trust.pem');
    writeFileSync(trust, readFileSync(trusted.ca));
    stack = await startStack({ workers: 1, conf, env: { SSL_CERT_FILE: trust } });
  });
  after(async () => {
    await stack?.stop();
    removeDirectory(dir);
  });

  /** Why the latest letter about WS failed, as the administrator is told. */
  const why = async (ws, id = ws) => {
    const { body } = await stack.adm('GET', `/webhooks/${id}`);
    return body.workspaces.find(({ workspace }) => workspace === ws)?.last_error ?? '';
  };

  /* A receiver with the certificate TLS fails with ERROR, sees no byte of a letter, and is told when it has a good one. */
  const failsUntilRenewed = (name, tls, error, host = '127.0.0.1') =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      const url = receiver.url.replace('127.0.0.1', host);
      const secret = await addWebhook(stack, { url }, u0.ws, { workspace: u0.ws });
      await until(async () => (await why(u0.ws)) !== '', 'it fails', 20000);
      assert.match(await why(u0.ws), error);
      assert.ok((await why(u0.ws)).length < 159, 'it is not cut');
      assert.match(stack.log(), new RegExp(`webhook ${u0.ws}: ${error.source}`));
      assert.equal(receiver.letters.length, 0);
      receiver.renew(trusted.sign(`${name}-renewed`, here));
      await until(() => receiver.letters.length > 0, 'it is told', 60000);
      await until(async () => (await why(u0.ws)) === '', 'nothing is wrong any more');
      receiver.check(secret);
    }, tls);

  it('is delivered if the certificate is trusted', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      const secret = await addWebhook(stack, receiver, u0.ws, { workspace: u0.ws });
      await receiver.begun(u0.ws);
      await u0.join();
      await until(() => receiver.here(u0.ws).u0, 'it is told');
      receiver.check(secret);
    }, trusted.sign('good', here)));

  it('is not delivered if the certificate is for another name', () =>
    failsUntilRenewed('name', trusted.sign('name', 'DNS:other.example'), /the receiver's certificate is not for the name in url; use a name that it is for/, 'localhost'));

  it('is not delivered if the certificate is for another address', () =>
    failsUntilRenewed('address', trusted.sign('address', 'IP:127.0.0.2'), /the receiver's certificate is not for the name in url; use a name that it is for/));

  it('is not delivered if the certificate has expired', () =>
    failsUntilRenewed('old', trusted.sign('old', here, { days: -1 }), /the receiver's certificate has expired; renew it/));

  it('is not delivered if nobody knows who signed the certificate', () =>
    failsUntilRenewed('unknown', stranger.sign('unknown', here), /the receiver's certificate is not trusted \(.*\); add its issuer to the system's, or set SSL_CERT_FILE/));

  it('is delivered once its issuer is trusted, without a restart', () =>
    withStack({ workers: 1, conf, env: { SSL_CERT_FILE: join(dir, 'later.pem') }, beforeStart: () => writeFileSync(join(dir, 'later.pem'), readFileSync(trusted.ca)) }, own =>
      withReceiver(async receiver => {
        const [u0] = await own.room(1);
        await addWebhook(own, receiver, 'late', { workspace: u0.ws });
        await until(() => /webhook late: .* is not trusted/.test(own.log()), 'it is not trusted', 20000);
        appendFileSync(join(dir, 'later.pem'), readFileSync(stranger.ca));
        await until(() => receiver.letters.length > 0, 'it is told', 150000);
      }, stranger.sign('late', here))));

  it('says that the receiver does not speak TLS', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      await addWebhook(stack, { url: receiver.url.replace('http:', 'https:') }, u0.ws, { workspace: u0.ws });
      await until(async () => (await why(u0.ws)) !== '', 'it fails', 20000);
      assert.match(await why(u0.ws), /no TLS with the receiver; look whether it speaks https at that port/);
    }));

  it('says that there are no certificates in the file that is to have them', () =>
    withStack({ workers: 1, conf, env: { SSL_CERT_FILE: join(dir, 'missing.pem') } }, own =>
      withReceiver(async receiver => {
        const [u0] = await own.room(1);
        await addWebhook(own, receiver, 'crm', { workspace: u0.ws });
        await until(() => /webhook crm: the CA certificates cannot be read \(.*missing\.pem.*\); install/.test(own.log()), 'the log says so', 20000);
      }, trusted.sign('fine', here))));

  it('reads the certificates of all authorities once for many receivers', async () => {
    const receivers = 12;
    const many = join(dir, 'many.pem');
    const bytes = 500000;
    writeFileSync(many, `${'# an authority\n'.repeat(bytes / 15)}${readFileSync(trusted.ca)}`);
    const tls = trusted.sign('many', here);
    await withStack({ workers: 1, conf, env: { SSL_CERT_FILE: many } }, async own => {
      const [u0] = await own.room(1);
      const each = async left => {
        if (left === 0) return;
        await withReceiver(async receiver => {
          await addWebhook(own, receiver, `crm${left}`, { workspace: u0.ws });
          await receiver.begun(u0.ws);
          await each(left - 1);
        }, tls);
      };
      const read = () => Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${own.workers(true)[0]}/io`, 'utf8'))[1]);
      await until(() => own.workers(true).length > 0, 'a process delivers webhooks');
      const before = read();
      await each(receivers);
      assert.ok(read() - before < (receivers / 2) * bytes, `${read() - before} bytes read`);
    });
  });
});
