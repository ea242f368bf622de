#!/usr/bin/env node
// SPDX-License-Identifier: ISC
// Prints the tables of docs/SERVERS.md: every check of suite.mjs through every web server, in Markdown.
import { fastcgiServers } from '../lib/servers.mjs';
import { checks, startAt, versionOf } from './suite.mjs';

const kinds = [...fastcgiServers, 'raw'];
const titles = {
  lighttpd: 'lighttpd',
  nginx: 'nginx, kept',
  'nginx-closing': 'nginx, closing',
  apache: 'Apache',
  caddy: 'Caddy',
  raw: 'FastCGI itself',
};

/* What a cell says of CHECK through AT. */
async function cell(check, at) {
  if (check.skip?.(at)) return '-';
  try {
    return (await check.run(at)) ?? 'yes';
  } catch (error) {
    console.error(`${at.kind}: ${check.title}: ${error.message}`);
    process.exitCode = 1;
    return 'NO';
  }
}

async function column(kind) {
  const { at, stop } = await startAt(kind);
  const cells = new Map();
  try {
    const together = checks.filter(check => !check.alone);
    await Promise.all(together.map(async check => cells.set(check, await cell(check, at))));
    for (const check of checks.filter(check => check.alone)) cells.set(check, await cell(check, at));
  } finally {
    await stop();
  }
  return cells;
}

const columns = new Map();
for (const kind of kinds) columns.set(kind, await column(kind));
const row = cells => `| ${cells.join(' | ')} |`;
console.log(row(['', ...kinds.map(kind => `${titles[kind]} ${versionOf(kind)}`.trim())]));
console.log(row(Array(kinds.length + 1).fill('---')));
/* Checks that only CGI runs have no row. */
for (const check of checks.filter(one => kinds.some(kind => columns.get(kind).get(one) !== '-')))
  console.log(row([check.title, ...kinds.map(kind => columns.get(kind).get(check))]));
