/** What is wrong or about to be, why, who knows, and what is watched. */
import { createMemo, createSignal, Match, Show, Switch } from 'solid-js';
import { alerts } from '../api/alerts';
import { asking } from '../api/asking';
import { AlertList } from '../components/alerts/AlertList';
import { Channels, Items, Sent, Silences } from '../components/alerts/Kept';
import { ownerNamed } from '../components/alerts/words';
import { Choices } from '../components/Choices';
import { Asked } from '../components/data/Asked';
import { Empty } from '../components/Empty';
import { t } from '../lib/i18n';
import { params, setParam, setParams } from '../lib/route';
import '../components/alerts/alerts.css';
import { PageHead } from '../components/data/PageHead';
import '../components/data/data.css';

const SHOWN = ['open', 'past', 'items', 'silences', 'told'] as const;
type Shown = (typeof SHOWN)[number];
const MOST = 500;

export default function Alerts() {
  const words = () => t().alerts;
  const shown = (): Shown => SHOWN.find((one) => one === params().get('show')) ?? 'open';
  const [tried, setTried] = createSignal(0);
  return (
    <>
      <PageHead title={words().title} about={words().about}>
        <Choices
          label={words().parts}
          options={SHOWN.map((value) => ({ value, label: words().shown[value] }))}
          value={shown()}
          onChoose={(show) =>
            setParams({ show: show === 'open' ? undefined : show, alert: undefined, sort: undefined })
          }
        />
      </PageHead>
      <Switch>
        <Match when={shown() === 'open' || shown() === 'past'}>
          <Found open={shown() === 'open'} />
        </Match>
        <Match when={shown() === 'items'}>
          <Items />
        </Match>
        <Match when={shown() === 'silences'}>
          <Silences />
        </Match>
        <Match when={shown() === 'told'}>
          <Channels onTried={() => setTried((before) => before + 1)} />
          <Sent turn={tried()} />
        </Match>
      </Switch>
    </>
  );
}

function Found(props: { open: boolean }) {
  const words = () => t().alerts;
  const owner = () => params().get('owner') ?? undefined;
  const asked = asking((signal) => alerts({ open: props.open, owner: owner(), limit: MOST }, signal), 5);
  /** The worst first, then the latest. */
  const rows = createMemo(() =>
    [...(asked.value() ?? [])].sort(
      (a, b) =>
        (props.open ? Number(b.severity === 'critical') - Number(a.severity === 'critical') : 0) || b.since - a.since,
    ),
  );
  return (
    <section class="panel" aria-label={words().shown[props.open ? 'open' : 'past']}>
      <Show when={owner()}>
        {(name) => (
          <div class="panel-head">
            <h2>{ownerNamed(name())}</h2>
            <button class="button plain end" onClick={() => setParam('owner', undefined)}>
              {words().ofAll}
            </button>
          </div>
        )}
      </Show>
      <Asked of={asked}>
        {() => (
          <Show
            when={rows().length > 0}
            fallback={<Empty text={props.open ? words().noneOpen : words().nonePast} detail={words().noneHint} />}
          >
            <AlertList label={words().title} alerts={rows()} onChange={asked.again} />
          </Show>
        )}
      </Asked>
    </section>
  );
}
