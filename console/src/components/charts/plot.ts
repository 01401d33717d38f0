/** How every chart looks: uPlot's options from the theme, the language and what the chart shows. */
import uPlot from 'uplot';
import { colour } from '../../lib/theme';
import { clock, day, hourMinute } from '../../lib/time';

export interface Line {
  label: string;
  /** A colour of the theme. */
  stroke: string;
  dash?: number[] | undefined;
  fill?: boolean | undefined;
}

export type Steps = 'whole' | 'binary';

const STEPS: Record<Steps, number[]> = {
  whole: [1, 2, 5].flatMap((n) => Array.from({ length: 9 }, (_, power) => n * 10 ** power)).sort((a, b) => a - b),
  binary: Array.from({ length: 36 }, (_, power) => 2 ** (power + 8)),
};

export interface Looks {
  width: number;
  height: number;
  /** How far back the axis of time goes from the newest point, in seconds. */
  seconds: number;
  lines: readonly Line[];
  format: (value: number) => string;
  /** The upper end of the scale, where it is fixed. */
  top: number | undefined;
  /** What marks of the scale are apart by: whole numbers, or powers of two. Default: what fits. */
  steps: Steps | undefined;
  /** Where the axis of time ends, in seconds since 1970; none: at the newest point. */
  end?: number | undefined;
  /** A moment to mark, in seconds since 1970. */
  mark?: number | undefined;
  /** Told which point is under the cursor, of this chart or one beside it. */
  hover: (index: number | null) => void;
}

const SYNC = 'subject';

export function options(looks: Looks): uPlot.Options {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colour('text-3'), font, ticks: { show: false } };
  const grid = { stroke: colour('grid'), width: 1 };
  return {
    width: looks.width,
    height: looks.height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: SYNC, setSeries: false },
      points: { size: 6 },
      drag: { x: false, y: false },
      y: false,
    },
    scales: {
      x: {
        time: true,
        range: (_plot, _low, high) => [(looks.end ?? newest(high)) - looks.seconds, looks.end ?? newest(high)],
      },
      y: { range: (_plot, _low, high) => [0, looks.top ?? roomy(high)] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, gap: 4, space: 70, values: (_plot, splits) => times(splits) },
      {
        ...axis,
        grid,
        size: 58,
        gap: 6,
        space: 34,
        values: (_plot, splits) => splits.map((value) => looks.format(value)),
        ...(looks.steps ? { incrs: STEPS[looks.steps] } : {}),
      },
    ],
    series: [
      {},
      ...looks.lines.map((line) => ({
        label: line.label,
        stroke: colour(line.stroke),
        width: 1.5,
        points: { show: false },
        ...(line.dash ? { dash: line.dash } : {}),
        ...(line.fill ? { fill: `color-mix(in srgb, ${colour(line.stroke)} 12%, transparent)` } : {}),
      })),
    ],
    hooks: {
      setCursor: [(plot) => looks.hover(plot.cursor.idx ?? null)],
      draw: [(plot) => marked(plot, looks.mark)],
    },
  };
}

/** A line at the moment that matters. */
function marked(plot: uPlot, mark: number | undefined): void {
  if (mark === undefined) return;
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(mark, 'x', true));
  ctx.save();
  ctx.strokeStyle = colour('slow');
  ctx.lineWidth = 2;
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Without a point, now. */
function newest(high: number | null): number {
  return high ?? Date.now() / 1000;
}

function roomy(high: number | null): number {
  return high && high > 0 ? high * 1.12 : 1;
}

/** As exact as marks are apart. */
function times(splits: readonly number[]): string[] {
  const apart = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((at) => {
    const milliseconds = at * 1000;
    if (apart >= 43_200) return day(milliseconds);
    return apart >= 60 ? hourMinute(milliseconds) : clock(milliseconds);
  });
}
