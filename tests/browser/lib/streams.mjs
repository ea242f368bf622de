// SPDX-License-Identifier: ISC
// What tests ask of pages that follow changes by streams or by polls.
import { until } from '../../lib/until.mjs';
import { own, sees, visit } from './site.mjs';

const EVENTS = 'text/event-stream';
export const isStream = url => url.pathname.endsWith('/stream');

/** PAGE's requests for changes: all, those for streams, and polls. */
export const asks = page => page.requests.filter(({ what }) => what === 'stream');
export const streams = page => asks(page).filter(({ headers }) => headers.accept === EVENTS);
export const polls = page => asks(page).filter(({ headers }) => headers.accept !== EVENTS);

/** The details of all events of a TYPE that PAGE's client has dispatched. */
export const heard = (page, type) =>
  page.evaluate(name => window.heard.filter(([one]) => one === name).map(([, detail]) => detail), type);

/** Resolves once changes come to PAGE by TRANSPORT. */
export const uses = (page, transport, ms) =>
  until(async () => (await own(page)).transport === transport, `it goes by ${transport}`, ms);

/**
 * A page of ANN with a dot of BOB, once it follows by a stream: on a slow machine, too, where "auto" might poll. SITE
 * has its address.
 */
export async function follow(browser, site, { ann, bob, ...shown }) {
  const page = await visit(browser, site.page(ann, { dots: [bob.user], transport: 'stream', ...shown }));
  await uses(page, 'stream');
  await sees(page, bob.user, 'offline');
  return page;
}
