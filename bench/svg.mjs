// SPDX-License-Identifier: ISC
// A picture of measurements over time: panels of lines, two beside each other, for light and dark pages.

const WIDTH = 984;
const PANEL = { width: 460, height: 220 };
const PLOT = { left: 72, top: 58, right: 16, bottom: 30 };
const POINTS = 120; // of a line: more would not be seen

const style = `
    svg {
      color-scheme: light dark;
      --panel: #ffffff; --box: #f6f8fa; --edge: #d0d7de; --text: #1f2328; --soft: #59636e;
      --a: #2f5fd0; --b: #18813f; --c: #8a5a00; --d: #8250df;
    }
    @media (prefers-color-scheme: dark) {
      svg {
        --panel: #0d1117; --box: #161b22; --edge: #3d444d; --text: #f0f6fc; --soft: #9198a1;
        --a: #79a8ff; --b: #46c46f; --c: #e0a93b; --d: #bc8cff;
      }
    }
    text { font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: var(--text); }
    .name { font-weight: 600; font-size: 14.5px; }
    .soft { fill: var(--soft); font-size: 12px; }
    .end { text-anchor: end; }
    .mid { text-anchor: middle; }
    .box { fill: var(--box); stroke: var(--edge); }
    .grid { stroke: var(--edge); }
    .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
    .a { stroke: var(--a); } .b { stroke: var(--b); } .c { stroke: var(--c); } .d { stroke: var(--d); }`;

const escaped = text => String(text).replace(/[&<>]/g, one => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[one]);

/* The least of 1, 2, 2.5 and 5 times a power of ten that is not below X. */
function nice(x) {
  const power = 10 ** Math.floor(Math.log10(x || 1));
  return [1, 2, 2.5, 5, 10].map(step => step * power).find(step => step >= x * 0.999);
}

/* VALUES ([x, y]) as POINTS means. */
function thinned(values) {
  const many = Math.max(1, Math.ceil(values.length / POINTS));
  const mean = (list, at) => list.reduce((sum, one) => sum + one[at], 0) / list.length;
  return Array.from({ length: Math.ceil(values.length / many) }, (_, i) => values.slice(i * many, (i + 1) * many)).map(
    part => [mean(part, 0), mean(part, 1)],
  );
}

function panel({ title, unit, lines }, x, y) {
  const all = lines.flatMap(line => line.values);
  const step = nice(Math.max(...all.map(([, value]) => value)) / 4);
  const [top, end] = [step * 4, Math.max(...all.map(([time]) => time))];
  const box = { x: x + PLOT.left, y: y + PLOT.top, width: PANEL.width - PLOT.left - PLOT.right, height: PANEL.height - PLOT.top - PLOT.bottom };
  const atX = time => (box.x + time / end * box.width).toFixed(1);
  const atY = value => (box.y + box.height - value / top * box.height).toFixed(1);
  const out = [
    `<rect class="box" x="${x + 0.5}" y="${y + 0.5}" width="${PANEL.width - 1}" height="${PANEL.height - 1}" rx="8"/>`,
    `<text class="name" x="${x + 16}" y="${y + 26}">${escaped(title)}</text>`,
  ];
  for (let i = 0; i <= 4; i++) {
    const label = (step * i).toLocaleString('en', { maximumFractionDigits: 2 });
    out.push(`<path class="grid" d="M${box.x} ${atY(step * i)}h${box.width}"/>`);
    out.push(`<text class="soft end" x="${box.x - 8}" y="${(Number(atY(step * i)) + 4).toFixed(1)}">${label}${i === 4 ? ` ${unit}` : ''}</text>`);
  }
  const minutes = nice(end / 6);
  for (let time = 0; time <= end * 1.01; time += minutes)
    out.push(`<text class="soft mid" x="${atX(time)}" y="${y + PANEL.height - 10}">${+time.toFixed(2)}${time === 0 ? ' min' : ''}</text>`);
  let legend = x + 16;
  for (const [i, { name, values }] of lines.entries()) {
    const kind = 'abcd'[i];
    out.push(`<path class="line ${kind}" d="M${thinned(values).map(([time, value]) => `${atX(time)} ${atY(value)}`).join('L')}"/>`);
    out.push(`<path class="line ${kind}" d="M${legend} ${y + 41}h14"/>`, `<text class="soft" x="${legend + 19}" y="${y + 45}">${escaped(name)}</text>`);
    legend += 19 + Math.round(name.length * 7) + 16;
  }
  return out.map(line => `  ${line}`).join('\n');
}

/**
 * The text of an SVG file. PANELS: { title, unit, lines: [{ name, values: [[minute, value], ...] }] }, four lines at most; TITLE
 * and DESC, for those who hear it; CAPTION, a line of text at the top.
 */
export function picture({ title, desc, caption, panels }) {
  const height = 58 + Math.ceil(panels.length / 2) * (PANEL.height + 16) + 8;
  const drawn = panels.map((one, i) => panel(one, 24 + i % 2 * (PANEL.width + 16), 58 + Math.floor(i / 2) * (PANEL.height + 16)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">
  <!-- SPDX-License-Identifier: ISC -->
  <title id="title">${escaped(title)}</title>
  <desc id="desc">${escaped(desc)}</desc>
  <style>${style}
  </style>
  <rect x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="12" style="fill: var(--panel); stroke: var(--edge)"/>
  <text x="24" y="36">${escaped(caption)}</text>
${drawn.join('\n')}
</svg>
`;
}
