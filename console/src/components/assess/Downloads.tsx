import { createSignal, For, Show } from 'solid-js';
import { printed, type Format, type Kind, type Request } from '../../api/assess';
import { t } from '../../lib/i18n';
import { save } from './save';
import { Said } from './Said';

const FILES: { kind: Kind; formats: readonly (Format | 'yaml')[] }[] = [
  { kind: 'verdict', formats: ['pdf', 'html', 'docx'] },
  { kind: 'target', formats: ['yaml'] },
  { kind: 'tender', formats: ['docx', 'html', 'csv'] },
];

/** What is taken along of an assessment. */
export function Downloads(props: { request: () => Request; name: string; wrong: string | undefined }) {
  const words = () => t().assess;
  const [busy, setBusy] = createSignal<string>();
  const [trouble, setTrouble] = createSignal<string>();
  const take = async (kind: Kind, format: Format | 'yaml') => {
    if (busy() || props.wrong) return;
    setBusy(`${kind}.${format}`);
    setTrouble(undefined);
    try {
      const file = await printed(props.request(), kind, format === 'yaml' ? undefined : format);
      save(file, kind === 'target' ? 'naru.yaml' : `${props.name}-${kind}.${format}`);
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <section class="panel downloads" aria-label={words().downloads}>
      <div class="panel-head">
        <h2>{words().downloads}</h2>
      </div>
      <dl class="said">
        <For each={FILES}>
          {({ kind, formats }) => (
            <>
              <dt>
                {words().files[kind]}
                <span class="muted">{words().fileHints[kind]}</span>
              </dt>
              <dd>
                <For each={formats}>
                  {(format) => (
                    <button
                      class="button"
                      classList={{ refused: props.wrong !== undefined }}
                      aria-disabled={props.wrong !== undefined}
                      aria-label={`${words().files[kind]} ${words().formats[format]}`}
                      data-tip={props.wrong}
                      onClick={() => void take(kind, format)}
                    >
                      {busy() === `${kind}.${format}` ? words().making : words().formats[format]}
                    </button>
                  )}
                </For>
              </dd>
            </>
          )}
        </For>
      </dl>
      <Show when={trouble()}>
        <Said title={words().notMade} why={trouble()} />
      </Show>
    </section>
  );
}
