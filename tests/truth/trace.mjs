// SPDX-License-Identifier: ISC
// What led to a finding: the latest deeds of the user whom it is about, what its reader was told, and what the model made of it.

const seconds = ms => (ms / 1000).toFixed(3);

const deedKinds = new Set(['join', 'heartbeat', 'poll', 'leave', 'closed', 'remove', 'add', 'dm', 'say', 'unsay', 'claim', 'unclaim', 'at', 'from', 'settings']);

function describeDeed(event) {
  const words = [event.session ? `${event.user}/${event.session}` : event.user, event.kind];
  if (event.now) words.push('now');
  if (event.status) words.push(event.status);
  if (event.n !== undefined) words.push(`n=${event.n}`);
  if (event.said) words.push(JSON.stringify(event.said));
  if (event.name) words.push(event.name);
  if (event.place) words.push(event.place, event.doing ?? '-');
  if (event.typing !== undefined) words.push(`typing ${event.typing}`);
  if (event.length) words.push(`for ${event.length} ms`);
  if (event.told) words.push(`(told: ${event.told})`);
  if (event.kind !== 'closed') words.push(event.code === 0 ? `no answer: ${event.error}` : String(event.code));
  return words.join(' ');
}

const told = (event, user) =>
  (event.body.changes ?? event.body.users ?? event.body.members ?? []).find(entry => entry.user === user);

function describeAnswer(event, user) {
  const entry = told(event, user);
  const note = entry && [entry.why, entry.dnd && 'dnd', entry.text && `"${entry.text}"`].filter(Boolean).join(', ');
  const deeds = (event.body.places ?? (event.kind === 'place' && event.code === 200 ? [event.body] : [])).map(set => {
    const one = set.people.find(person => person.user === user);
    return `${set.place} ${one ? one.doing.join(' ') : '-'}`;
  });
  const said = [...(entry ? [`${user} ${entry.status}${note && `, ${note}`}`] : []), ...deeds].join('; ') || 'nothing of them';
  return `${event.reader ?? event.user} ${event.kind} since=${event.since ?? '-'} answered ${said}; cursor ${event.body.cursor}`;
}

const line = (event, text) => `${seconds(event.sent)}-${seconds(event.done)}  ${text}`;

/* Of each session only its latest deeds matter: what it was before they undo. */
function latestDeeds(events, from, to) {
  const counts = new Map();
  const out = [];
  for (const event of events.filter(one => deedKinds.has(one.kind) && one.sent <= to).reverse()) {
    const count = (counts.get(event.session) ?? 0) + 1;
    counts.set(event.session, count);
    if (event.done >= from || count <= 2) out.push(event);
    if (out.length >= 24) break;
  }
  return out.reverse();
}

function answers(model, finding, from) {
  const all = model.byReader.get(finding.who) ?? model.history.events.filter(one => one.user === finding.who);
  return all.filter(
    event =>
      event.body &&
      event.done >= from &&
      event.done <= finding.at + 1 &&
      (event === finding.event || told(event, finding.user) || event.body.places?.some(({ place }) => place === finding.place)),
  );
}

const describeSpans = (spans, from, to) =>
  spans.pairs
    .filter(pair => pair[1] >= from && pair[0] <= to)
    .map(pair => pair.map(t => (Number.isFinite(t) ? seconds(t) : '...')).join('-'))
    .join(', ') || 'never';

function believed(model, user, from, to) {
  return model.layers.flatMap(layer =>
    layer.values.map(value => `model: ${value} ${describeSpans(layer.may(user, value), from, to)}`),
  );
}

/* What is believed of a thing that is done at a place. */
const believedThing = ({ in: may, out }, from, to) => [
  `model: may be done ${describeSpans(may, from, to)}`,
  `model: may not be done ${describeSpans(out, from, to)}`,
];

/** The trace of FINDING as lines of text, times in seconds since the run began. */
export function traceOf(model, finding) {
  const from = Math.min(finding.since ?? finding.at, finding.at) - 2000;
  if (finding.user === undefined)
    return answers(model, finding, from)
      .slice(-6)
      .map(event => line(event, describeAnswer(event)));
  const deeds = latestDeeds(model.byUser.get(finding.user) ?? [], from, finding.at + 500);
  const told = answers(model, finding, from).slice(-6);
  const lines = [...deeds.map(event => [event.sent, line(event, describeDeed(event))])];
  for (const event of told)
    if (!deeds.includes(event)) lines.push([event.done, line(event, describeAnswer(event, finding.user))]);
  const sorted = lines.sort((a, b) => a[0] - b[0]).map(([, text]) => text);
  const thing = finding.thing ? believedThing(finding.thing, from - 4000, finding.at + 500) : [];
  return [...sorted, ...believed(model, finding.user, from - 4000, finding.at + 500), ...thing];
}
