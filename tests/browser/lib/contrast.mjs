// SPDX-License-Identifier: ISC
// How well a page can be read: contrast by WCAG 2.2, from the styles that Chromium computed, shadow roots included.

/* Runs in the page. Colours are painted to be read back: they may be written in any way that CSS knows. */
function measure() {
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', {
    willReadFrequently: true,
  });
  const rgba = color => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = color => {
    const [r, g, b] = color.slice(0, 3).map(one => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((one, other) => one - other);
    return Math.round(((light + 0.05) / (dark + 0.05)) * 100) / 100;
  };
  const parent = element => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  const lineage = element => (element ? [element, ...lineage(parent(element))] : []);
  const background = element =>
    lineage(element)
      .map(one => rgba(getComputedStyle(one).backgroundColor))
      .reduceRight((below, color) => over(color, below), rgba('Canvas'));
  const opacity = element => lineage(element).reduce((all, one) => all * Number(getComputedStyle(one).opacity), 1);
  const seen = (element, color, below) => over([...color.slice(0, 3), color[3] * opacity(element)], below);

  const all = root =>
    [...root.querySelectorAll('*')].flatMap(one => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  const isShown = element => {
    const { width, height } = element.getBoundingClientRect();
    return width > 2 && height > 2 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const findings = [];
  const find = (what, element, color, needed, below = background(element)) =>
    findings.push({ what, needed, ratio: ratio(seen(element, rgba(color), below), below) });

  for (const element of all(document.body).filter(isShown)) {
    const style = getComputedStyle(element);
    const text = [...element.childNodes].filter(one => one.nodeType === Node.TEXT_NODE && one.data.trim());
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (text.length) find(`text "${text[0].data.trim()}"`, element, style.color, isLarge ? 3 : 4.5);
    if (element.localName === 'rollcall-dot')
      find(`dot ${element.getAttribute('status')}`, element, style.color, 3, background(parent(element)));
    if (element.matches('input:not([type=radio])')) {
      find(`placeholder "${element.placeholder}"`, element, getComputedStyle(element, '::placeholder').color, 4.5);
      find('border of an input', element, style.borderTopColor, 3, background(parent(element)));
    }
    const below = element.matches('input[type=radio]:checked + *') && background(parent(parent(element)));
    if (below) find('the chosen one of a switch', element, style.backgroundColor, 3, below);
  }
  return findings;
}

/** What is shown on PAGE: [{ what, ratio, needed }]. */
export const contrasts = page => page.evaluate(measure);

/** Those of contrasts() that are too weak, as text. */
export const tooWeak = async page =>
  (await contrasts(page))
    .filter(({ ratio, needed }) => ratio < needed)
    .map(({ what, ratio, needed }) => `${what}: ${ratio}, not ${needed}`);
