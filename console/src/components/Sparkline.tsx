import { createMemo } from 'solid-js';
import { recent } from '../api/recent';

const WIDTH = 118;
const HEIGHT = 24;

/** The rate of the last five minutes, from zero up. The numbers stand beside it, so it says nothing to a screen reader. */
export function Sparkline(props: { subject: string }) {
  const values = createMemo(() => recent(props.subject)());
  const paths = createMemo(() => {
    const all = values();
    const top = Math.max(1, ...all.map((value) => value ?? 0));
    const step = WIDTH / (all.length - 1);
    let line = '';
    let area = '';
    let begun: number | undefined;
    const end = (x: number) => {
      if (begun !== undefined) area += `L${x.toFixed(1)} ${HEIGHT}L${begun.toFixed(1)} ${HEIGHT}Z`;
      begun = undefined;
    };
    all.forEach((value, index) => {
      const x = index * step;
      if (value === null) {
        end(x - step);
        return;
      }
      const y = (HEIGHT - 1.5 - (value / top) * (HEIGHT - 4)).toFixed(1);
      const command = begun === undefined ? 'M' : 'L';
      begun ??= x;
      line += `${command}${x.toFixed(1)} ${y}`;
      area += `${command}${x.toFixed(1)} ${y}`;
    });
    end(WIDTH);
    return { line, area };
  });
  return (
    <svg
      class="sparkline"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="area" d={paths().area} />
      <path class="line" d={paths().line} />
    </svg>
  );
}
