/** Columns that several tables have, and how calls that failed are shown in them. */
import type { JSX } from 'solid-js';
import type { TallyRow } from '../../api/managed';
import { number, percent, seconds } from '../../lib/format';
import { errorsTone } from '../../lib/health';
import { t } from '../../lib/i18n';
import type { Column, Tone } from './DataTable';

export function failed(row: TallyRow): number {
  return row.service_errors + row.platform_errors;
}

export function toneOf(errors: number): Tone {
  return errorsTone(errors) ?? (errors === 0 ? 'zero' : undefined);
}

/** A number that rows are put in order by as well. */
export function figure<T>(
  key: string,
  label: string,
  of: (row: T) => number,
  written: (value: number) => JSX.Element,
): Column<T> {
  return { key, label, kind: 'number', by: of, cell: (row) => written(of(row)) };
}

export function p95<T>(of: (row: T) => number | undefined): Column<T> {
  return {
    key: 'p95',
    label: t().figures.p95,
    tip: t().figures.p95Tip,
    kind: 'number',
    by: (row) => of(row) ?? 0,
    cell: (row) => seconds(of(row)),
  };
}

/** What came of calls: the share that failed, and how many were refused. */
export function outcome<T>(of: (row: T) => TallyRow | undefined): Column<T>[] {
  const errors = (row: T) => {
    const sum = of(row);
    return sum ? failed(sum) / sum.calls : 0;
  };
  return [
    {
      key: 'errors',
      label: t().figures.errors,
      tip: t().figures.errorsTip,
      kind: 'number',
      by: errors,
      tone: (row) => toneOf(errors(row)),
      cell: (row) => (of(row) ? percent(errors(row)) : '–'),
    },
    {
      key: 'refused',
      label: t().data.refused,
      tip: t().data.refusedTip,
      kind: 'number',
      by: (row) => of(row)?.client_errors ?? 0,
      tone: (row) => (of(row)?.client_errors ? undefined : 'zero'),
      cell: (row) => number(of(row)?.client_errors),
    },
  ];
}
