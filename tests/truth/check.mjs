// SPDX-License-Identifier: ISC
// One run of the truth checker: people behave at random on a stack of their own, followers and observers note what they are
// told, and a model of the run decides whether it was true and in time.
//
// The parts, each a file of tests/truth/:
//   chance       every choice, from the seed
//   people, tab  who behaves: persons with one to three tabs
//   follower     who follows the stream, each with habits;  observer: who reads statuses, members, conversations
//   history      what happened: each request with when it was sent and answered. The model sees nothing else
//   spans        sets of moments;  sessions, presence, roster: when what may have been true (the layers of the model)
//   patience     how old what is told may be: the bound, our own stalls, the fault
//   judge        compares what was told with what may have been true: findings
//   report       findings with their traces, how long changes took, as text
//
// A fault is an object:
//   name       for the report
//   windowMs   how long after strike() has resolved errors and lateness are still allowed
//   strike     async (stack) => {}: breaks something, waits as long as the fault lasts, and puts it right again
//   amnesia    true: it loses presence itself (an emptied Redis, an older dump). Until the window ends anything may be shown,
//              and until their next beat people may be offline. Otherwise nobody may be told offline because of it
//   unheard    true: nobody can reach Rollcall for longer than a lease, and it cannot know why (its web server is down): those
//              whose leases end meanwhile may be told offline
//   resync     false: cursors survive it, and no answer may have resync or another epoch
//   stack      options of startStack() that it needs, such as { proxy: true } or { redisArgs: [...] }
// It strikes after a third of the run. From then to windowMs after strike() has resolved, errors and lateness are allowed; a
// status that was not true at any moment since the fault began is not.

/**
 * Runs it. OPTIONS: web, a name of webServers; seed; seconds; people; followers; workers; fault, or null; conf, laid over the
 * short times; log(text), told how it goes; signal, an AbortSignal that ends it early (it then throws the reason).
 * The program is the one that stack.mjs finds (ROLLCALLD). Resolves with the report:
 *   { holds, web, seed, seconds, fault, people, followers,
 *     counts: { untrue, missing, spurious, cursor, unexpected },
 *     findings: [{ kind, at, who, about, what, trace: [text] }],   at most 10 of a kind; at in seconds
 *     requests, told, change: { n, p50, p99, worst }, lapse: { n, p50, p99, worst }   in ms
 *     stall: { worst, total }                                       in ms: how long this process itself stood still
 *     fault: { name, from, to, errors: { status: n }, lastError, lastLate }   or null. The last two in ms after strike() resolved }
 * Throws if the run could not be made.
 */
export async function check(options) {
  throw new Error(`not yet: ${JSON.stringify(options)}`);
}
