import { Show } from 'solid-js';
import type { LinkStatus } from '../../api/types';
import { number, percent, rate, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { DataTable, type Column } from '../data/DataTable';
import { State } from '../data/State';
import { toneOf } from '../data/columns';
import { Sparkline } from '../Sparkline';
import { byTrouble, stateOf } from './words';

/** Outside systems as services feel them, the worst first. */
export function LinkTable(props: {
  label: string;
  links: readonly LinkStatus[];
  /** Calls of the last hour that it failed and that were answered all the same, where somebody counts them. */
  saved?: ReadonlyMap<string, number> | undefined;
}) {
  return (
    <DataTable
      label={props.label}
      rows={byTrouble(props.links)}
      id={(link) => link.name}
      columns={columns(props.saved)}
    />
  );
}

function columns(saved: ReadonlyMap<string, number> | undefined): Column<LinkStatus>[] {
  const fallback: Column<LinkStatus> = {
    key: 'saved',
    label: t().links.saved,
    tip: t().links.savedTip,
    kind: 'number',
    tone: (link) => (saved?.get(link.name) ? 'warn' : 'zero'),
    cell: (link) => number(saved?.get(link.name) ?? 0),
  };
  return [...first(), ...(saved ? [fallback] : [])];
}

function first(): Column<LinkStatus>[] {
  const figures = t().figures;
  return [
    { key: 'state', label: figures.state, cell: (link) => <State {...stateOf(link)} /> },
    {
      key: 'name',
      label: figures.name,
      kind: 'name',
      cell: (link) => (
        <>
          <a href={href('link', link.name)}>{link.name}</a>
          <span class="note mono">{link.url}</span>
          <Show when={link.state !== 'up' && link.reason}>
            <div class="why-not">{link.reason}</div>
          </Show>
        </>
      ),
    },
    {
      key: 'rate',
      label: figures.rate,
      tip: figures.rateTip,
      kind: 'number',
      cell: (link) => rate(link.traffic.requests_per_second),
    },
    {
      key: 'trend',
      label: figures.trend,
      kind: 'picture',
      cell: (link) => <Sparkline subject={`service:${link.name}`} />,
    },
    {
      key: 'errors',
      label: figures.errors,
      tip: t().links.errorsTip,
      kind: 'number',
      tone: (link) => toneOf(link.traffic.error_ratio),
      cell: (link) => percent(link.traffic.error_ratio),
    },
    {
      key: 'p95',
      label: figures.p95,
      tip: figures.p95Tip,
      kind: 'number',
      cell: (link) => seconds(link.traffic.p95_seconds),
    },
    {
      key: 'in_flight',
      label: figures.inFlight,
      tip: figures.inFlightTip,
      kind: 'number',
      cell: (link) => number(link.traffic.in_flight),
    },
    {
      key: 'waiting',
      label: figures.waiting,
      tip: figures.waitingTip,
      kind: 'number',
      tone: (link) => (link.traffic.waiting > 0 ? 'warn' : 'zero'),
      cell: (link) => number(link.traffic.waiting),
    },
  ];
}
