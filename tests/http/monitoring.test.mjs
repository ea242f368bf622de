// SPDX-License-Identifier: ISC
// The alarms for Prometheus and the dashboard for Grafana know only metrics that exist, and say what they are about.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import yaml from 'yaml';
import { startStack } from '../lib/stack.mjs';

const read = name => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const { groups } = yaml.parse(read('conf/prometheus/rollcall.rules.yml'));
const rules = groups.flatMap(group => group.rules);
const dashboard = JSON.parse(read('conf/grafana/rollcall.json'));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/* Every expression, with where it is. */
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr]),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr])),
  ...dashboard.templating.list.filter(({ query }) => query.query).map(({ label, query }) => [label, query.query]),
];

describe('what watches Rollcall', () => {
  let stack, shown;
  before(async () => {
    stack = await startStack();
    await stack.req('GET', '/healthz');
    shown = (await stack.req('GET', '/metrics')).body;
  });
  after(() => stack?.stop());

  /* The series that /metrics has, each with the names of its labels. */
  function series() {
    const all = new Map();
    for (const [, name, labels] of shown.matchAll(/^(rollcall_\w+)(?:\{(.*)\})? /gm))
      all.set(name, [...(labels ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label));
    return all;
  }

  it('asks only for series and labels that /metrics has', () => {
    const known = series();
    for (const [where, text] of expressions) {
      const used = [...text.matchAll(/(rollcall_\w+)(?:\{([^}]*)\})?/g)];
      assert.ok(used.length > 0, `${where}: ${text}`);
      for (const [, name, matchers] of used) {
        assert.ok(known.has(name), `${where}: ${name} is not in /metrics`);
        for (const [, label] of (matchers ?? '').matchAll(/(\w+)=/g))
          assert.ok(['instance', ...known.get(name)].includes(label), `${where}: ${name} has no label ${label}`);
      }
      const depth = [...text].reduce((sum, one) => sum + ('([{'.includes(one) ? 1 : ')]}'.includes(one) ? -1 : 0), 0);
      assert.equal(depth, 0, `${where}: brackets in ${text}`);
    }
  });

  it('uses a counter by how it grows, and a level as it is', () => {
    const types = new Map([...shown.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]));
    for (const [where, text] of expressions)
      for (const [, before, name] of text.matchAll(/(.{0,10})\b(rollcall_\w+)/g)) {
        const type = types.get(name) ?? types.get(name.replace(/_(bucket|sum|count)$/, ''));
        assert.equal(/(rate|increase)\($/.test(before), type !== 'gauge', `${where}: ${name} is a ${type}`);
      }
  });

  it('has an alarm for each metric that docs/ADMIN.md says to watch', () => {
    const table = /\| metric \| alarm if \|\n.*\n((?:\|.*\n)+)/.exec(read('docs/ADMIN.md'))[1];
    const watched = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    assert.ok(watched.length >= 6);
    for (const name of watched) assert.ok(rules.some(({ expr }) => expr.includes(name)), `no alarm looks at ${name}`);
  });

  it('says in sentences what is wrong and what to do', () => {
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, labels, annotations } of rules) {
      assert.match(alert, /^Rollcall[A-Z]\w+$/);
      assert.match(labels.severity, /^(critical|warning)$/, alert);
      for (const text of [annotations.summary, annotations.description]) assert.match(text, /^[A-Z"].*\.$/s, alert);
    }
  });

  it('has panels with a title, a sentence and a place of their own', () => {
    const taken = new Set();
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    for (const { title, description, type, gridPos: { x, y, w, h } } of dashboard.panels) {
      assert.ok(title && x + w <= 24, title);
      if (type !== 'row') assert.match(description, /^[A-Z0-9].*\.$/, title);
      for (let i = 0; i < w * h; i++) {
        const cell = `${x + (i % w)},${y + Math.floor(i / w)}`;
        assert.ok(!taken.has(cell), `${title} lies over another panel`);
        taken.add(cell);
      }
    }
  });
});
