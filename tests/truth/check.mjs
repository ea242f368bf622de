// SPDX-License-Identifier: ISC
// One run of the truth checker: people behave at random on a stack of their own, followers and observers note what they are
// told, and a model of the run decides whether it was true and in time.
//
// The parts, each a file of tests/truth/:
//   chance       every choice, from the seed
//   people, tab  who behaves: persons with one to three tabs; visitor: what these do at places
//   follower     who follows the stream, each with habits; feed: by events.  observer: who reads statuses, members, conversations
//   world        what they share, and the log of all requests: when each was sent and answered. The rest sees nothing else:
//   model        what may have been true (spans: sets of moments; effect, sessions, hand, presence, roster: when what may have been
//                so). What is told of users is a layer (presence, notes), so that more can be added; what is told of places are sets (places)
//   patience     how old what is told may be: the bound, the stalls of this process and the machine (stalls), the fault
//   judge        compares what was told (story, place_story) with what may have been true: told, lateness, marks, polls, replies,
//                lists, sameness, place_judge
//   report       findings with their traces (trace), how long changes took, as text
//
// A fault is an object:
//   name       for the report
//   windowMs   how long after strike() has resolved errors and lateness are still allowed; may be a function of the times, in ms
//   strike     async (stack) => {}: breaks something, waits as long as the fault lasts, and puts it right again
//   amnesia    true: it loses presence itself (an emptied Redis, an older dump). Until the window ends anything may be shown,
//              and until their next beat people may be offline. Otherwise nobody may be told offline because of it
//   unheard    true: nobody can reach Rollcall for longer than a lease, and it cannot know why (its web server is down): those
//              whose leases end meanwhile may be told offline
//   kills      true: it kills workers, so that what was last said again of places may not be known
//   forgets    true: workers end while Redis is away. They take along what they were to tell: to fetch a list again
//   moved      true: it moves Redis's clock, so that what was to end by it ends at another moment
//   loses      ms: what was done so shortly before it may be lost, and nothing else
//   writes     true: what is written to the directory may be refused, and reach other machines late; all else is as without a fault
//   resync     false: cursors survive it, and no answer may have resync or another epoch
//   atRest     true: it strikes at the end, when everybody has fallen silent, so that nothing that happens makes up for it
//   stack      options of startStack() that it needs, such as { proxy: true } or { redisArgs: [...] }
// It strikes after a third of the run. From then to windowMs after strike() has resolved, errors and lateness are allowed; a
// status that was not true at any moment since the fault began is not.
import { startStack } from '../lib/stack.mjs';
import { pause } from '../lib/until.mjs';
import { Chance } from './chance.mjs';
import { Follower } from './follower.mjs';
import { judge } from './judge.mjs';
import { Observer } from './observer.mjs';
import { Person } from './people.mjs';
import { makeReport } from './report.mjs';
import { Stalls } from './stalls.mjs';
import { Visitor } from './visitor.mjs';
import { World } from './world.mjs';

/* In seconds. Short, so that a short run has many lapses, and no two the same, so that none passes for another. */
const shortTimes = { ttl: 5, heartbeat: 2, wait: 3, gap: 3, leave_grace: 1, closed_grace: 2 };

/* With a fault, each lease has to spare what the daemon relies on: 2 s without Redis, Retry-After, and the jitter of a client. */
const spareTimes = { ...shortTimes, ttl: 7, gap: 5 };

const BOUND_MS = 500; /* in which a change is told */
const FOLLOW_MS = 1000; /* in which all machines have what was written to the record: docs/DEPLOY.md */
const DETECT_MS = 500; /* in which a lost connection is noticed */
const RETRY_MS = 600; /* in which a client that was refused tries again, beyond Retry-After */
const PATIENCE_MS = 20000; /* after which a client gives up a request */
const CALM_MS = 1500; /* without deeds, before everybody falls silent */
const AFTER_FAULT_MS = 5000; /* with deeds, after the window of a fault */

function timesOf(conf) {
  const ms = name => conf[name] * 1000;
  return {
    ...{ ttl: ms('ttl'), heartbeat: ms('heartbeat'), wait: ms('wait'), gap: ms('gap') },
    ...{ leaveGrace: ms('leave_grace'), closedGrace: ms('closed_grace') },
    follow: conf.record ? FOLLOW_MS : 0,
    ...{ bound: BOUND_MS, detect: DETECT_MS, retry: RETRY_MS, patience: PATIENCE_MS },
  };
}

async function makeWorld(stack, { web, people, followers }) {
  await stack.hasRedis();
  const names = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`);
  const world = {
    ws: 'truth',
    web,
    people: names('p', people),
    followers: names('f', followers),
    times: timesOf(stack.conf),
  };
  await stack.admDone('PUT', '/workspaces/truth', { body: { name: 'Truth' } });
  for (const user of [...world.people, ...world.followers]) await stack.addMember('truth', user);
  await pause(world.times.follow); // all have been told of all by then
  return new World(stack, world);
}

function populate(world, { seed, pace }) {
  world.followers.forEach((user, i) => new Follower(world, user, new Chance(seed, user), i).follow());
  for (const user of world.people) {
    const person = new Person(world, user, new Chance(seed, user));
    person.openDm();
    person.behave(pace);
    new Visitor(person, new Chance(seed, user, 'places')).behave(pace);
  }
  for (const name of ['o1', 'o2']) new Observer(world, new Chance(seed, name)).observe(300);
}

/* The fault strikes; resolves with what the model needs to know of it. */
async function strike(world, fault) {
  const { name, amnesia = false, unheard = false, resync, moved = false, kills = false, forgets = false, writes = false, loses = 0 } = fault;
  const windowMs = typeof fault.windowMs === 'function' ? fault.windowMs(world.times) : fault.windowMs;
  const from = world.now();
  await fault.strike(world.stack);
  const struck = world.now();
  const lost = loses > 0 ? { from: from - loses, to: struck } : null;
  return { name, amnesia, unheard, resync, moved, kills, forgets, writes, lost, from, struck, to: struck + windowMs };
}

async function wait(world, end, { signal, log }) {
  while (world.now() < end) {
    signal?.throwIfAborted();
    log?.(`${(world.now() / 1000).toFixed(0)} s, ${world.events.length} requests`);
    await world.sleep(Math.min(1000, end - world.now()));
  }
}

/* Everybody falls silent, and all polls that are beats have ended: nobody says anything from now on, but the leases still run. */
async function hush(world, options) {
  world.calm = world.silent = true;
  await wait(world, world.now() + world.times.wait + world.times.bound, options);
}

/* People behave, with a fault after a third of the time; at the end everybody falls silent, and has to be seen offline. */
async function act(world, options) {
  const { times } = world;
  const ending =
    CALM_MS + Math.max(times.ttl, Math.max(times.wait, times.heartbeat) + times.gap) + 2 * times.bound + 500;
  const end = options.seconds * 1000;
  let fault = null;
  if (options.fault && !options.fault.atRest) {
    await wait(world, end / 3, options);
    if (options.hush) await hush(world, options);
    fault = await strike(world, options.fault);
    await wait(world, fault.to + AFTER_FAULT_MS, options);
  }
  await wait(world, end - ending, options);
  world.calm = true;
  await wait(world, world.now() + CALM_MS, options);
  world.silent = true;
  const over = world.now() + ending - CALM_MS;
  if (options.fault?.atRest) fault = await strike(world, options.fault);
  await wait(world, Math.max(over, fault ? fault.to + 2 * times.bound + 4000 : 0), options);
  return fault;
}

async function record(stack, options) {
  const world = await makeWorld(stack, options);
  const stalls = new Stalls(stack).start(() => world.now());
  try {
    populate(world, options);
    const fault = await act(world, options);
    return {
      events: world.events,
      users: world.users,
      stalls: stalls.own,
      starved: stalls.starved,
      fault,
      times: world.times,
    };
  } finally {
    stalls.stop();
    world.end();
  }
}

/**
 * Runs it. OPTIONS:
 *   web, seed, seconds; people, followers, workers: how many
 *   pace    ms between two deeds of a person, on average
 *   fault   or null
 *   hush    everybody falls silent before it strikes, so that nothing which comes later shows what was missed
 *   conf    laid over the short times
 *   start   what starts the stack, if not startStack()
 *   log     log(text) is told how it goes
 *   signal  an AbortSignal that ends it early: it then throws the reason
 *   keep    keep(what) is given { run, history }, with which the judgement can be repeated
 * The program is the one that stack.mjs finds (ROLLCALLD). Resolves with the report:
 *   { holds, web, seed, seconds, people, followers,
 *     counts: { untrue, missing, spurious, cursor, unexpected },
 *     findings: [{ kind, at, who, about, what, others, trace: [text] }],   at most 10 of a kind; at in seconds
 *     toldUntrue: [readers], requests, told,
 *     change, lapse, place: { n, p50, p99, worst }   in ms
 *     stall: { worst, total }     in ms: how long this process itself stood still
 *     starved: { worst, total }   in ms: how long those of the stack waited for a processor, or stood still, together
 *     fault: { name, from, to, errors: { status: n }, lastError, lastLate }   or null. The last two in ms after strike() resolved }
 * Throws if the run could not be made.
 */
export async function check(options) {
  const defaults = {
    web: 'lighttpd',
    seed: 1,
    seconds: 60,
    people: 30,
    followers: 12,
    workers: 2,
    pace: 2500,
    fault: null,
    conf: {},
    start: startStack,
  };
  const all = { ...defaults, ...options };
  const { web, seed, seconds, people, followers, fault } = all;
  const stack = await all.start({
    web,
    workers: all.workers,
    ...fault?.stack,
    conf: { ...(fault ? spareTimes : shortTimes), ...all.conf, ...fault?.stack?.conf },
  });
  let history;
  try {
    history = await record(stack, all);
  } finally {
    await stack.stop();
  }
  const run = { web, seed, seconds, people, followers };
  all.keep?.({ run, history });
  return makeReport(run, history, judge(history));
}
