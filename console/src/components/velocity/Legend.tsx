import { createEffect, For } from 'solid-js';
import { t } from '../../lib/i18n';
import { theme } from '../../lib/theme';
import { KINDS, SIZE, sprites, type Kind } from './sprites';

/** What shapes and colours mean. */
export function Legend() {
  return (
    <ul class="legend end">
      <For each={KINDS}>
        {(kind) => (
          <li>
            <Swatch kind={kind} />
            {t().subject.legend[kind]}
          </li>
        )}
      </For>
    </ul>
  );
}

function Swatch(props: { kind: Kind }) {
  let canvas!: HTMLCanvasElement;
  createEffect(() => {
    theme();
    const drawn = sprites(2)[props.kind];
    canvas.width = drawn.width;
    canvas.height = drawn.height;
    canvas.getContext('2d')?.drawImage(drawn, 0, 0);
  });
  return <canvas ref={canvas} class="swatch" width={SIZE * 2} height={SIZE * 2} aria-hidden="true" />;
}
