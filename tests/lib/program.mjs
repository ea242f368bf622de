// SPDX-License-Identifier: ISC
// The program under test, what checks it while it runs, and how much longer everything takes then.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const places = [
  process.env.ROLLCALLD,
  ...['build/src', 'build', 'src', '.'].map(dir => join(checkout, dir, 'rollcalld')),
];
const found = places.find(place => place && existsSync(place));

/** The path of rollcalld, or of a script that runs it; undefined if it is not built. */
export const rollcalld = found && resolve(found);

const bytes = found ? readFileSync(found) : Buffer.alloc(0);

/** Whether it was built with sanitizers. */
const sanitized = bytes.includes('__asan_init');

/** Whether it counts what it runs. */
const counted = bytes.includes('__llvm_profile_runtime');

/** Whether it is the script that runs it under valgrind. */
export const valgrind = bytes.subarray(0, 2).equals(Buffer.from('#!')) && bytes.includes('valgrind');

/** Why its times and its memory mean nothing, for the `skip` of tests that measure them; false if they do. */
export const unmeasured =
  (sanitized && 'times and memory mean nothing with sanitizers') ||
  (counted && 'times and memory mean nothing while coverage is measured') ||
  (valgrind && 'times and memory mean nothing under valgrind');

/** How many times longer than the program as users run it this one may take for anything. */
export const slowness = valgrind ? 6 : sanitized ? 3 : counted ? 2 : 1;
