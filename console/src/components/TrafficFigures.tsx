/** What clients see of a subject, a figure each, the same wherever it is shown. */
import type { JSX } from 'solid-js';
import type { Apdex } from '../api/types';
import { printed, score } from '../lib/apdex';
import { number, percent, rate, seconds } from '../lib/format';
import { apdexTone, errorsTone } from '../lib/health';
import { t } from '../lib/i18n';
import { ApdexBar } from './ApdexBar';
import { Figure } from './Figure';

/** By their names as alerts know them. */
const FIGURES = {
  requests: { label: 'rate', tip: 'rateTip', written: rate },
  error_ratio: { label: 'errors', tip: 'errorsTip', written: percent },
  mean: { label: 'mean', tip: 'responseTip', written: seconds },
  p95: { label: 'p95', tip: 'p95Tip', written: seconds },
  active_users: { label: 'users', tip: 'usersTip', written: number },
  in_flight: { label: 'inFlight', tip: 'inFlightTip', written: number },
} as const;

export function TrafficFigure(props: {
  /** As alerts name it: `service:portal`. */
  owner: string;
  figure: keyof typeof FIGURES;
  value: number;
  /** Where something else is to be said of it than elsewhere. */
  tip?: string;
  children?: JSX.Element;
}) {
  const shown = () => FIGURES[props.figure];
  return (
    <Figure
      label={t().figures[shown().label]}
      tip={props.tip ?? t().figures[shown().tip]}
      value={shown().written(props.value)}
      tone={props.figure === 'error_ratio' ? errorsTone(props.value) : undefined}
      of={{ owner: props.owner, figure: props.figure, value: props.value }}
    >
      {props.children}
    </Figure>
  );
}

export function ApdexFigure(props: { owner: string; apdex: Apdex }) {
  const value = () => score(props.apdex);
  return (
    <Figure
      label={t().figures.apdex}
      tip={t().figures.apdexTip}
      value={printed(props.apdex)}
      tone={apdexTone(value())}
      of={{ owner: props.owner, figure: 'apdex', value: value() ?? 1 }}
    >
      <ApdexBar apdex={props.apdex} />
    </Figure>
  );
}
