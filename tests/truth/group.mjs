// SPDX-License-Identifier: ISC

/** The entries of LIST in a Map, by what KEY(entry) returns, each group in order. */
export function groupBy(list, key) {
  const groups = new Map();
  for (const one of list) {
    const name = key(one);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(one);
  }
  return groups;
}
