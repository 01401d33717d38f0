/** The slowest transactions of a function whose traces are kept, each with the way to its trace. */
import { createMemo } from 'solid-js';
import { asking } from '../../api/asking';
import { get } from '../../api/client';
import { latest } from '../../api/traces';
import type { Found, Transaction } from '../../api/types';
import { seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href, params } from '../../lib/route';
import { exact, rangeOf } from '../../lib/time';
import { AskedPanel } from '../data/AskedPanel';
import { DataTable, type Column } from '../data/DataTable';
import '../data/data.css';

const SHOWN = 8;

export function Slowest(props: { subject: string; target: number }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const words = () => t().subject;
  // Traces are kept of what took more than 4 T; only those are asked for.
  const asked = asking((signal) => {
    const query = { subject: props.subject, at_least: props.target * 4, limit: 1000, ...latest(range().seconds) };
    return get<Found>('transactions', query, signal);
  }, 15);
  const rows = (found: Found) =>
    found.transactions
      .filter((one) => one.trace_id)
      .sort((a, b) => b.response_seconds - a.response_seconds)
      .slice(0, SHOWN);
  const columns = (): Column<Transaction>[] => [
    {
      key: 'took',
      label: t().tmap.columns.response_seconds,
      kind: 'name',
      cell: (row) => <a href={href('trace', row.trace_id)}>{seconds(row.response_seconds)}</a>,
    },
    { key: 'end', label: t().tmap.columns.end, cell: (row) => exact(row.end / 1000) },
    {
      key: 'path',
      label: t().tmap.columns.path,
      kind: 'words',
      cell: (row) => <span class="mono">{`${row.method} ${row.path}`}</span>,
    },
    { key: 'service', label: t().tmap.columns.service, cell: (row) => row.service ?? '–' },
    {
      key: 'status',
      label: t().tmap.columns.status,
      kind: 'number',
      tone: (row) => (row.fault === 'service' || row.fault === 'platform' ? 'bad' : undefined),
      cell: (row) => row.status || '–',
    },
  ];
  return (
    <AskedPanel
      title={words().slowest}
      note={t().data.lastOf(t().time.ranges[range().key] ?? '')}
      end={
        <a class="end note" href={href('tmap', '', { subject: props.subject })}>
          {t().nav.tmap}
        </a>
      }
      of={asked}
      rows={rows}
      none={words().noSlowest(seconds(props.target * 4))}
    >
      {(rows) => (
        <DataTable
          label={words().slowest}
          rows={rows()}
          id={(row) => `${row.trace_id} ${row.end}`}
          columns={columns()}
        />
      )}
    </AskedPanel>
  );
}
