// SPDX-License-Identifier: ISC
// How modules that draw make elements.

/** An element TAG with CONTENT. WHAT is its attributes, or the name of the part that it is, or '' for neither. */
export function create(tag, what, ...content) {
  const element = document.createElement(tag), attributes = what && typeof what === 'string' ? { part: what } : what;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}
