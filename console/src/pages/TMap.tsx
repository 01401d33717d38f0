/** Every transaction by when it ended and how long it took, live or of the last days. */
import { createMemo, createSignal, onCleanup, Show } from 'solid-js';
import { serverNow } from '../api/clock';
import { functionNamed, status } from '../api/live';
import { comparedWith } from '../components/CompareChoice';
import { t } from '../lib/i18n';
import { href, params, setParams } from '../lib/route';
import { PageHead } from '../components/data/PageHead';
import { Chart } from '../components/tmap/Chart';
import { Controls } from '../components/tmap/Controls';
import { FoundTable } from '../components/tmap/FoundTable';
import { AsTable, Legend } from '../components/tmap/Legend';
import { Patterns } from '../components/tmap/Patterns';
import type { Shown } from '../components/tmap/picture';
import type { Area } from '../components/tmap/store';
import { areaOf, areaText, viewOf, type View } from '../components/tmap/view';
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

  const pause = (end: number | undefined) =>
    setParams(end === undefined ? { to: undefined, from: undefined, day: undefined } : { to: String(end) });

  return (
    <>
      <PageHead title={t().tmap.title} about={t().tmap.about} />
      <section class="panel tm-panel" aria-label={t().tmap.title}>
        <Controls view={view()} />
        <Chart
          id="tm"
          label={t().tmap.plotLabel}
          view={view()}
          t={target()}
          area={area()}
          onSelect={select}
          onPause={pause}
          onShown={setShown}
        />
        <Legend id="tm" shown={shown()} target={target() !== undefined} />
        <Patterns shown={shown()} area={area()} onChoose={select} />
        <AsTable shown={shown()} />
      </section>
      <Show when={view().beside}>
        {(seconds) => (
          <Beside
            view={view()}
            before={seconds()}
            top={shown()?.feed.store.top}
            t={target()}
            area={area()}
            onSelect={select}
            onPause={pause}
          />
        )}
      </Show>
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

/** The same map so long before, with the same top, so that heights can be compared. It stands still. */
function Beside(props: {
  view: View;
  before: number;
  top: number | undefined;
  t: number | undefined;
  area: Area | undefined;
  onSelect: (area: Area | undefined) => void;
  onPause: (end: number | undefined) => void;
}) {
  const [shown, setShown] = createSignal<Shown>();
  // Beside a live map it goes on in steps that do not load all of it anew each second.
  const step = () => Math.max(5, Math.round(props.view.seconds / 60));
  const [now, setNow] = createSignal(serverNow());
  const timer = window.setInterval(() => setNow(serverNow()), 5000);
  onCleanup(() => clearInterval(timer));
  const view = createMemo(
    (): View => {
      const end = (props.view.end ?? Math.floor(now() / step()) * step()) - props.before;
      return { ...props.view, end, day: undefined, top: props.top ?? props.view.top };
    },
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const title = () => t().tmap.beside(comparedWith(params().get('vs')));
  return (
    <section class="panel tm-panel" aria-label={title()}>
      <div class="panel-head">
        <h2>{title()}</h2>
      </div>
      <Chart
        id="tm-beside"
        label={title()}
        view={view()}
        t={props.t}
        area={props.area}
        onSelect={props.onSelect}
        onPause={props.onPause}
        onShown={setShown}
      />
      <Legend id="tm-beside" shown={shown()} target={props.t !== undefined} />
      <Patterns shown={shown()} area={props.area} onChoose={props.onSelect} />
    </section>
  );
}
