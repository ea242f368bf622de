// SPDX-License-Identifier: ISC
// The same program, started by a web server for each request.
import { describe } from 'node:test';
import { conform } from './suite.mjs';

describe('rollcalld as a CGI program of', { concurrency: true }, () => {
  for (const kind of ['lighttpd-cgi', 'apache-cgi']) conform(kind, check => check.cgi);
});
