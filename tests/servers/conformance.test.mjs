// SPDX-License-Identifier: ISC
// The same through every web server, each with the configuration that is shipped for it, and through FastCGI itself.
import { describe } from 'node:test';
import { fastcgiServers } from '../lib/servers.mjs';
import { conform } from './suite.mjs';

describe('rollcalld behind', { concurrency: true }, () => {
  for (const kind of ['raw', ...fastcgiServers]) conform(kind);
});
