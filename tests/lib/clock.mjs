// SPDX-License-Identifier: ISC
// A wall clock of a program's own, which a test steps while the program runs: see clock.c. The monotonic clock stays true.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectory } from './child.mjs';

const source = fileURLToPath(new URL('clock.c', import.meta.url));
let library; // a promise would do no better: it is built within a moment

/* The library in a directory of this process; null if there is no compiler. */
function build() {
  if (library === undefined) {
    const file = join(makeDirectory('rollcall-clock-'), 'clock.so');
    const made = spawnSync(process.env.CC_FOR_TESTS ?? 'cc', ['-O1', '-fPIC', '-shared', '-D_GNU_SOURCE', '-o', file, source, '-ldl']);
    library = made.status === 0 ? file : null;
  }
  return library;
}

/** Whether clocks can be moved here. */
export const canMoveClocks = () => build() !== null;

export class Clock {
  constructor() {
    this.file = join(makeDirectory('rollcall-clock-'), 'offset');
    this.step(0);
  }

  /** What a program needs in its environment to have this clock. */
  get env() {
    return { LD_PRELOAD: build(), ROLLCALL_CLOCK: this.file };
  }

  /** The clock is off by S seconds from now on. */
  step(s) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.round(s * 1e9)));
    writeFileSync(this.file, bytes, { flag: this.offset === undefined ? 'w' : 'r+' });
    this.offset = s;
  }
}
