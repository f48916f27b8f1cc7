/** A group of bars: what is compared, and each one's part of our figure. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly name: string;
  /** Times the best peer. */
  readonly value: number;
  readonly isOurs: boolean;
}

const WIDTH = 860;
const LEFT = 300;
const RIGHT = 64;
const TOP = 64;
const BAR = 15;
const GAP = 4;
const GROUP_GAP = 22;
const TITLE = 20;
const BOTTOM = 40;

/** Colours of both modes; the picture has no background of its own. */
const STYLE = `
    text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; fill: #1f2328; }
    .head { font-size: 17px; font-weight: 600; }
    .group { font-weight: 600; }
    .soft { fill: #59636e; font-size: 12px; }
    .ours { fill: #1a7f37; }
    .peer { fill: #afb8c1; }
    .line { stroke: #d1d9e0; stroke-width: 1; }
    .even { stroke: #59636e; stroke-width: 1; stroke-dasharray: 3 3; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .soft { fill: #9198a1; }
      .ours { fill: #3fb950; }
      .peer { fill: #656c76; }
      .line { stroke: #3d444d; }
      .even { stroke: #9198a1; }
    }`;

/** Horizontal bars in groups, 1 being the best peer. */
export function picture(title: string, subtitle: string, groups: readonly BarGroup[]): string {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const most = Math.max(1, ...values.map(Math.ceil));
  const step = [1, 2, 5, 10, 20, 50, 100].find((candidate) => most / candidate <= 8) ?? 200;
  const x = (value: number) => LEFT + ((WIDTH - LEFT - RIGHT) * value) / most;
  let y = TOP;
  const parts = groups.map(({ title: name, bars }) => {
    const group = [text(16, y + 14, name, 'group')];
    y += TITLE;
    for (const bar of bars) {
      group.push(...drawBar(bar, x, y));
      y += BAR + GAP;
    }
    y += GROUP_GAP - GAP;
    return group.join('\n');
  });
  const end = y - GROUP_GAP + 8;
  const marks = Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
  const grid = marks.map((mark) => line(x(mark), TOP + 4, end, 'line'));
  const names = marks.map((mark) => text(x(mark), end + 18, `${mark} ×`, 'soft', 'middle'));
  const height = end + BOTTOM;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(`${title}. ${subtitle}`)}">
  <style>${STYLE}
  </style>
${text(16, 26, title, 'head')}
${text(16, 46, subtitle, 'soft')}
${grid.join('\n')}
${parts.join('\n')}
${line(x(1), TOP + 4, end, 'even')}
${names.join('\n')}
</svg>
`;
}

function drawBar(
  { name, value, isOurs }: Bar,
  x: (value: number) => number,
  y: number,
): readonly string[] {
  const kind = isOurs ? 'ours' : 'peer';
  const width = Math.max(1, x(value) - LEFT).toFixed(1);
  return [
    text(LEFT - 8, y + 12, name, isOurs ? '' : 'soft', 'end'),
    `  <rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2" class="${kind}"/>`,
    text(x(value) + 6, y + 12, `${value.toFixed(2)} ×`, isOurs ? 'group' : 'soft'),
  ];
}

function text(x: number, y: number, words: string, kind: string, anchor = 'start'): string {
  return `  <text x="${x.toFixed(1)}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function line(x: number, from: number, to: number, kind: string): string {
  const at = x.toFixed(1);
  return `  <line x1="${at}" y1="${from}" x2="${at}" y2="${to}" class="${kind}"/>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
