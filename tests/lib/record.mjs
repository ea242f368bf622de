// SPDX-License-Identifier: ISC
// What a record in PostgreSQL holds, and its copies.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { until } from './until.mjs';

export const tables = ['workspace', 'user', 'member', 'dm', 'dm_participant', 'token', 'named', 'opening', 'status', 'layer', 'webhook'];

let databases = 0;

/** A database of POSTGRES for one test: its name, its URL, psql. */
export function newRecord(postgres) {
  const name = `record${++databases}`;
  return { name, url: postgres.create(name), sql: text => postgres.sql(text, name) };
}

/** What sqlite3 answers to TEXT, as JSON. */
export const sqlite = (path, text) => execFileSync('sqlite3', ['-batch', '-bail', '-json', path, text], { encoding: 'utf8' });

/** All rows of TABLE in the copy at PATH, as text that can be compared; so the next, of the record. */
export function copyRows(path, table) {
  const columns = JSON.parse(sqlite(path, `SELECT name, type FROM pragma_table_info('${table}')`));
  const pairs = columns.map(({ name, type }) => `'${name}', ${type === 'BLOB' ? `lower(hex("${name}"))` : `"${name}"`}`);
  const rows = sqlite(path, `SELECT json_object(${pairs.join(', ')}) AS row FROM "${table}"`) || '[]';
  return JSON.parse(rows).map(({ row }) => JSON.parse(row));
}

export function recordRows(record, table) {
  const rows = JSON.parse(record.sql(`SELECT coalesce(json_agg(t), '[]') FROM "${table}" AS t`));
  return rows.map(row => (row.hash ? { ...row, hash: row.hash.slice(2) } : row));
}

export const sorted = rows => rows.map(row => JSON.stringify(Object.entries(row).sort())).sort();

/** Waits until the copy of STACK has what RECORD has. */
export async function same(stack, record, ms = 15000) {
  await until(
    () => {
      for (const table of tables)
        assert.deepEqual(sorted(copyRows(stack.path('rollcall.db'), table)), sorted(recordRows(record, table)), table);
      return true;
    },
    'the copy is as the record',
    ms,
  );
}
