// SPDX-License-Identifier: ISC
// What tests ask of pages that say who types, and who is at a place.
import { until } from '../../lib/until.mjs';
import { own, visit } from './site.mjs';

/** A page of PERSON in a new profile of BROWSER with OPTIONS, once it is live. SITE has its address. */
export async function visitLive(browser, site, person, options) {
  const page = await visit(browser, site.page(person, { hears: ['places'] }), options);
  await until(async () => (await own(page)).state === 'live', 'it is live');
  return page;
}

/** Puts a NAME element with ATTRIBUTES into PAGE. */
export const put = (page, name, attributes) =>
  page.evaluate(
    ([tag, all]) => {
      const element = document.createElement(tag);
      for (const [one, value] of Object.entries(all)) element.setAttribute(one, value);
      document.getElementById('here').append(element);
    },
    [name, attributes],
  );

/** An input in PAGE with typing for each of PLACES: #input0, #input1... in a form each. */
export async function putInputs(page, ...places) {
  await page.evaluate(async all => {
    window.attached = all.map((place, i) => {
      const form = document.createElement('form');
      const input = document.createElement('input');
      input.id = `input${i}`;
      form.addEventListener('submit', event => event.preventDefault());
      form.append(input);
      document.getElementById('here').append(form);
      return window.client.attachTyping(place.replace('dm:', ''), input);
    });
    await import('/rollcall-typing.js');
  }, places);
}

/** Puts the line that says who types in the conversation PLACE into PAGE. */
export async function putLine(page, place) {
  await put(page, 'rollcall-typing', { dm: place.replace('dm:', '') });
  await lineOf(page, place).waitFor({ state: 'attached' });
}

const lineOf = (page, place) => page.locator(`rollcall-typing[dm="${place.replace('dm:', '')}"] [part=line]`);
export const line = (page, place) => lineOf(page, place).textContent();

/** Resolves once PAGE's line of PLACE is TEXT, within MS. */
export const reads = (page, place, text, ms) => until(async () => (await line(page, place)) === text, `it says "${text}"`, ms);

/** What PAGE's client knows of PLACE, as "u1: typing". */
export const who = (page, place) =>
  page.evaluate(one => window.client.who(one).map(({ user, doing }) => `${user}: ${doing.join(' ')}`).join(', '), place);

/** Resolves once it is TEXT that PAGE's client knows of PLACE, within MS. */
export const knows = (page, place, text, ms) => until(async () => (await who(page, place)) === text, `at ${place}: "${text}"`, ms);

/** PAGE's requests about places: "PUT" and "DELETE", in order. */
export const said = page => page.requests.filter(({ what }) => what === 'place').map(({ method }) => method);
