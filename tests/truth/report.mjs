// SPDX-License-Identifier: ISC
// What a run has shown: as an object for programs, and as text for people.
import { kinds } from './judge.mjs';
import { traceOf } from './trace.mjs';

const MOST = 10;

/** { n, p50, p99, worst } of LIST, in whole ms; null where there is none. */
export function spread(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = share =>
    sorted.length === 0 ? null : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
  return { n: sorted.length, p50: at(0.5), p99: at(0.99), worst: at(1) };
}

/* The same wrong thing, seen by several readers, is one finding: who is the first, others how many more. */
function gather(findings) {
  const groups = new Map();
  for (const finding of findings) {
    const key = `${finding.kind} ${finding.user} ${finding.what.replace(/\d+/g, '#')} ${Math.round(finding.at / 2000)}`;
    const first = groups.get(key);
    if (first) first.others.add(finding.who);
    else groups.set(key, { ...finding, others: new Set() });
  }
  return [...groups.values()];
}

const publicFinding = (model, { kind, at, who, user, what, others }) => ({
  kind,
  at: Math.round(at) / 1000,
  who,
  about: user ?? null,
  what,
  others: [...others].filter(one => one !== who),
});

function faultReport(fault, history, judged) {
  if (!fault) return null;
  const during = history.events.filter(
    event => event.done >= fault.from && event.sent <= fault.to + history.times.bound,
  );
  const failed = during.filter(event => event.code === 0 || event.code >= 500);
  const errors = {};
  for (const { code, error } of failed) errors[code || error] = (errors[code || error] ?? 0) + 1;
  const after = t => Math.round(t - fault.struck);
  const late = judged.times.troubled.filter(({ ms }) => ms > history.times.bound);
  return {
    name: fault.name,
    from: Math.round(fault.from) / 1000,
    to: Math.round(fault.to) / 1000,
    errors,
    lastError: failed.length ? after(Math.max(...failed.map(event => event.done))) : null,
    lastLate: late.length ? after(Math.max(...late.map(({ at }) => at))) : null,
  };
}

function stallReport(stalls) {
  return {
    worst: Math.round(Math.max(0, ...stalls.map(({ late }) => late))),
    total: Math.round(stalls.reduce((sum, { late }) => sum + late, 0)),
  };
}

/** The report of check.mjs, of RUN ({ web, seed, seconds, people, followers }), its HISTORY and what judge() made of it. */
export function makeReport(run, history, judged) {
  const gathered = gather(judged.findings);
  const counts = Object.fromEntries(kinds.map(kind => [kind, gathered.filter(one => one.kind === kind).length]));
  const shown = kinds.flatMap(kind => gathered.filter(one => one.kind === kind).slice(0, MOST));
  return {
    ...run,
    holds: gathered.length === 0,
    counts,
    findings: shown.map(one => ({ ...publicFinding(judged.model, one), trace: traceOf(judged.model, one) })),
    toldUntrue: [...new Set(judged.findings.filter(({ kind }) => kind === 'untrue').map(({ who }) => who))],
    requests: history.events.length,
    told: judged.told,
    change: spread(judged.times.change),
    lapse: spread(judged.times.lapse),
    place: spread(judged.times.place),
    stall: stallReport(history.stalls),
    starved: stallReport(history.starved ?? []),
    fault: faultReport(history.fault, history, judged),
  };
}

const times = ({ n, p50, p99, worst }) => (n === 0 ? 'none' : `${n}: p50 ${p50} ms, p99 ${p99} ms, worst ${worst} ms`);

function faultText({ name, from, to, errors, lastError, lastLate }) {
  const list = Object.entries(errors).map(([code, n]) => `${n} x ${code}`);
  const parts = [`fault    ${name}, ${from.toFixed(1)} s to ${to.toFixed(1)} s; errors: ${list.join(', ') || 'none'}`];
  if (lastError !== null) parts.push(`last error ${lastError} ms after it`);
  if (lastLate !== null) parts.push(`last late ${lastLate} ms after it`);
  return parts.join('; ');
}

function findingText({ kind, at, who, what, others, trace }) {
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return [`${kind} at ${at.toFixed(3)} s: ${who}${more} ${what}`, ...trace.map(text => `    ${text}`)].join('\n');
}

/** REPORT as text: a line that says how it went, the figures, then each finding with its trace. */
export function reportText(report) {
  const { web, seed, seconds, holds, counts, requests, told, change, lapse, place, stall, starved, fault } = report;
  const found = Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([kind, n]) => `${n} ${kind}`);
  const lines = [
    `${holds ? 'HOLDS' : 'FAILS'}    ${web}, seed ${seed}, ${seconds} s, fault ${fault?.name ?? 'none'}${found.length ? `: ${found.join(', ')}` : ''}`,
    `change   ${times(change)}`,
    `lapse    ${times(lapse)}`,
    `place    ${times(place)}`,
    `seen     ${requests} requests, ${told} statuses told`,
    `stalls   ${stall.worst} ms of this process at most; the others waited ${starved.total} ms for a processor, or stood still`,
  ];
  if (fault) lines.push(faultText(fault));
  if (report.toldUntrue.length > 0) lines.push(`told something untrue: ${report.toldUntrue.join(', ')}`);
  return [...lines, ...report.findings.map(findingText)].join('\n');
}
