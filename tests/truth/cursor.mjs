// SPDX-License-Identifier: ISC
// A cursor, looked into: clients must not, but a checker may see whether it goes back.

const form = /^(([A-Za-z0-9_-]{16})-(\d+)(?:-(\d+))?)(?:_m(\d+))?(?:_t(?:[A-Za-z0-9_-]{8})+)?$/;

/** { epoch, seq, head, own }: head only between the pages of a full answer, own the reader's own revision; null if TEXT is not a cursor. */
export function readCursor(text) {
  const parts = form.exec(text ?? '');
  return (
    parts && {
      epoch: parts[2],
      seq: Number(parts[3]),
      head: parts[4] === undefined ? undefined : Number(parts[4]),
      own: Number(parts[5] ?? 0),
    }
  );
}

/** What is wrong with the step from cursor SINCE to NEXT, or ''. */
export function stepFault(since, next) {
  const [before, after] = [readCursor(since), readCursor(next)];
  if (!after) return `${next} is not a cursor`;
  if (!before) return '';
  if (before.epoch !== after.epoch) return `another epoch: ${since}, then ${next}`;
  if (after.seq < before.seq && after.head === undefined && before.head === undefined)
    return `it goes back: ${since}, then ${next}`;
  if (after.own > 0 && after.own < before.own) return `its reader's own revision goes back: ${since}, then ${next}`;
  if (before.head !== undefined && after.head === undefined && after.seq < before.head)
    return `its last page ends before its head: ${since}, then ${next}`;
  if (before.head !== undefined && after.head !== undefined && after.seq <= before.seq)
    return `its pages do not go on: ${since}, then ${next}`;
  return '';
}

/** CURSOR without what is its reader's alone. */
export const sharedPart = cursor => form.exec(cursor)[1];
