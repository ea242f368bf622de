// SPDX-License-Identifier: ISC
// What comes before each script: all that it uses, since Lua would only notice when it gets there, and nothing else.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const FOLDER = new URL('../../src/presence/lua/', import.meta.url);
const files = readdirSync(FOLDER).filter(file => file.endsWith('.lua') && !file.endsWith('.head.lua'));

/** The names in TEXT that are neither members of tables nor in comments or strings. */
function namesIn(text) {
  const code = text.replace(/--.*$/gm, '').replace(/'(?:\\.|[^'\\])*'/g, "''");
  return new Set(code.match(/(?<![\w.:])[A-Za-z_]\w*/g));
}

/** {name: {text, names, own, parts}} of the files that end with ENDING; OWN is what others can use. */
function read(of) {
  return Object.fromEntries(of.map(file => {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    const own = [...text.matchAll(/^local (?:function )?(\w+)/gm)].map(([, name]) => name);
    const parts = text.match(/^-- Parts {2}(.*)$/m)?.[1].split(' ') ?? [];
    return [file.replace(/(\.part)?\.lua$/, ''), { names: namesIn(text), own, parts }];
  }));
}

const parts = read(files.filter(file => file.endsWith('.part.lua')));
const scripts = read(files.filter(file => !file.endsWith('.part.lua') && file !== 'prelude.lua'));

test('a script names the parts of all that it and its parts use, and those alone', () => {
  for (const [name, script] of Object.entries(scripts)) {
    const chain = [...script.parts.map(part => parts[part]), script];
    for (const [part, { own }] of Object.entries(parts)) {
      const users = chain.filter(one => one !== parts[part] && own.some(word => one.names.has(word) && !one.own.includes(word)));
      assert.equal(script.parts.includes(part), users.length > 0, `${name}: ${part}`);
    }
  }
});

test('a part comes after those that it uses', () => {
  for (const [name, script] of Object.entries(scripts))
    script.parts.forEach((part, i) => {
      for (const later of script.parts.slice(i + 1))
        for (const word of parts[later].own) assert.ok(!parts[part].names.has(word), `${name}: ${part} uses ${word} of ${later}`);
    });
});
