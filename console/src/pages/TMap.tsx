/** Every transaction by when it ended and how long it took, live or of the last days. */
import { createMemo, createSignal, Show } from 'solid-js';
import { functionNamed, status } from '../api/live';
import { t } from '../lib/i18n';
import { href, params, setParams } from '../lib/route';
import { Chart } from '../components/tmap/Chart';
import { Controls } from '../components/tmap/Controls';
import { FoundTable } from '../components/tmap/FoundTable';
import { AsTable, Legend } from '../components/tmap/Legend';
import type { Shown } from '../components/tmap/picture';
import type { Area } from '../components/tmap/store';
import { areaOf, areaText, viewOf } from '../components/tmap/view';
import '../components/tmap/tmap.css';

export default function TMap() {
  const view = createMemo(() => viewOf(params()), undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const area = createMemo(() => areaOf(params().get('sel')), undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const [shown, setShown] = createSignal<Shown>();

  /** T of the function that is shown, or of the only one behind which the service stands. */
  const target = createMemo(() => {
    const [kind, name = ''] = view().subject.split(/:(.*)/s);
    if (kind === 'function') return functionNamed(name)?.apdex_t_seconds;
    const times = (status()?.functions ?? [])
      .filter((one) => kind === 'all' || (kind === 'service' && one.services.includes(name)))
      .map((one) => one.apdex_t_seconds);
    return new Set(times).size === 1 ? times[0] : undefined;
  });

  const select = (next: Area | undefined) => setParams({ sel: next && areaText(next) });
  const zoom = () => {
    const now = area();
    if (!now) return;
    const from = Math.floor(now.from);
    setParams({ from: String(from), to: String(Math.max(from + 5, Math.ceil(now.to))), day: undefined });
  };
  /** The address of what is shown now, which goes on showing it. */
  const link = () => {
    const query = Object.fromEntries(params());
    const now = shown();
    if (view().end === undefined && now) query['to'] = String(Math.ceil(now.to));
    const { lang, ...rest } = query;
    return new URL(href('tmap', '', lang ? { ...rest, lang } : rest), location.href).href;
  };

  return (
    <>
      <div class="page-head">
        <div class="grow">
          <h1>{t().tmap.title}</h1>
          <p class="muted">{t().tmap.about}</p>
        </div>
      </div>
      <section class="panel tm-panel" aria-label={t().tmap.title}>
        <Controls view={view()} />
        <Chart
          view={view()}
          t={target()}
          area={area()}
          onSelect={select}
          onPause={(end) =>
            setParams(end === undefined ? { to: undefined, from: undefined, day: undefined } : { to: String(end) })
          }
          onShown={setShown}
        />
        <Legend shown={shown()} target={target() !== undefined} />
        <AsTable shown={shown()} />
      </section>
      <Show when={area()}>
        {(chosen) => (
          <FoundTable
            subject={view().subject}
            area={chosen()}
            link={link}
            onZoom={zoom}
            onClose={() => select(undefined)}
          />
        )}
      </Show>
    </>
  );
}
