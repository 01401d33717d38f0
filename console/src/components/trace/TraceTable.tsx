/** Traces, one a row: when, how long, where it went and how it ended. */
import type { TraceSummary } from '../../api/traces';
import { number, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { exact } from '../../lib/time';
import { figure } from '../data/columns';
import { DataTable, type Column } from '../data/DataTable';
import { Tags } from '../data/Tags';

export function TraceTable(props: { label: string; rows: readonly TraceSummary[] }) {
  const longest = () => props.rows.reduce((most, row) => Math.max(most, row.seconds), 0) || 1;
  const columns = (): Column<TraceSummary>[] => [
    {
      key: 'start',
      label: t().traces.start,
      kind: 'name',
      by: (row) => row.start,
      cell: (row) => <a href={href('trace', row.trace_id)}>{exact(row.start / 1000)}</a>,
    },
    figure('seconds', t().traces.took, (row) => row.seconds, seconds),
    {
      key: 'bar',
      label: '',
      kind: 'picture',
      cell: (row) => (
        <span class="trace-bar" aria-hidden="true">
          <span classList={{ failed: row.errors > 0 }} style={{ width: `${(row.seconds / longest()) * 100}%` }} />
        </span>
      ),
    },
    {
      key: 'name',
      label: t().traces.name,
      kind: 'words',
      by: (row) => row.name,
      cell: (row) => (
        <>
          <b>{row.service}</b> {row.name}
        </>
      ),
    },
    figure('spans', t().traces.spans, (row) => row.spans, number),
    {
      ...figure<TraceSummary>('errors', t().traces.errorsColumn, (row) => row.errors, number),
      tone: (row) => (row.errors > 0 ? 'bad' : 'zero'),
    },
    {
      key: 'services',
      label: t().traces.services,
      kind: 'words',
      cell: (row) => <Tags words={row.services} none="–" />,
    },
  ];
  return (
    <DataTable label={props.label} rows={props.rows} id={(row) => row.trace_id} columns={columns()} param="sort" />
  );
}
