// SPDX-License-Identifier: ISC
// Cuts a stream of Redis's protocol (RESP2) into whole values, as bytes: enough to stand between a client and a server.

/* The end of the value that begins at AT in BYTES, or -1 while it is not whole. */
function endOfValue(bytes, at) {
  const line = bytes.indexOf('\r\n', at);
  if (line < 0) return -1;
  const kind = String.fromCharCode(bytes[at]);
  const number = () => Number.parseInt(bytes.toString('latin1', at + 1, line), 10);
  if (kind === '$') {
    const end = number() < 0 ? line + 2 : line + 2 + number() + 2;
    return end <= bytes.length ? end : -1;
  }
  let end = line + 2;
  if (kind === '*') {
    for (let left = Math.max(number(), 0); left > 0 && end >= 0; left--)
      end = end < bytes.length ? endOfValue(bytes, end) : -1;
  }
  return end;
}

export class Splitter {
  bytes = Buffer.alloc(0);

  /** Takes MORE bytes and returns the values that are whole now, each as its bytes. */
  feed(more) {
    this.bytes = Buffer.concat([this.bytes, more]);
    const values = [];
    for (let end; this.bytes.length > 0 && (end = endOfValue(this.bytes, 0)) > 0;) {
      values.push(this.bytes.subarray(0, end));
      this.bytes = this.bytes.subarray(end);
    }
    return values;
  }
}

/** The words of a command: an array of bulk strings. */
export function wordsOf(bytes) {
  const words = [];
  for (let at = bytes.indexOf('\r\n') + 2; at < bytes.length;) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at + 1, line), 10);
    words.push(bytes.toString('latin1', line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return words;
}
