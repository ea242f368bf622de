// SPDX-License-Identifier: ISC
// The npm packages that benches compare Rollcall with: in a directory outside of the checkout, and only if somebody asks for them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The directory, with node_modules in it. */
export const modules = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rollcall-bench');

/** Whether package NAME is there. */
export function hasModule(name) {
  return existsSync(join(modules, 'node_modules', name));
}

/** Installs PACKAGES with npm. */
export function installModules(...packages) {
  mkdirSync(modules, { recursive: true });
  execFileSync('npm', ['install', '--no-fund', '--no-audit', '--prefix', modules, ...packages], { stdio: 'inherit' });
}
