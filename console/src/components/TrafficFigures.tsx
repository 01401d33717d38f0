/** What clients see of a subject, one figure each, wherever it is shown. */
import type { JSX } from 'solid-js';
import type { Traffic } from '../api/types';
import { printed, score } from '../lib/apdex';
import { number, percent, rate, seconds } from '../lib/format';
import { apdexTone, errorsTone } from '../lib/health';
import { t } from '../lib/i18n';
import { Figure } from './Figure';
import { ApdexBar } from './ApdexBar';

interface Props<K extends keyof Traffic> {
  /** As alerts name it: `service:portal`. */
  owner: string;
  traffic: Pick<Traffic, K>;
}

export function RateFigure(props: Props<'requests_per_second'> & { children?: JSX.Element }) {
  const value = () => props.traffic.requests_per_second;
  return (
    <Figure
      label={t().figures.rate}
      tip={t().figures.rateTip}
      value={rate(value())}
      of={{ owner: props.owner, figure: 'requests', value: value() }}
    >
      {props.children}
    </Figure>
  );
}

export function ApdexFigure(props: Props<'apdex'>) {
  const value = () => score(props.traffic.apdex);
  return (
    <Figure
      label={t().figures.apdex}
      tip={t().figures.apdexTip}
      value={printed(props.traffic.apdex)}
      tone={apdexTone(value())}
      of={{ owner: props.owner, figure: 'apdex', value: value() ?? 1 }}
    >
      <ApdexBar apdex={props.traffic.apdex} />
    </Figure>
  );
}

/** `tip`: what is an error here, where it is something else. */
export function ErrorsFigure(props: Props<'error_ratio'> & { tip?: string }) {
  const value = () => props.traffic.error_ratio;
  return (
    <Figure
      label={t().figures.errors}
      tip={props.tip ?? t().figures.errorsTip}
      value={percent(value())}
      tone={errorsTone(value())}
      of={{ owner: props.owner, figure: 'error_ratio', value: value() }}
    />
  );
}

export function MeanFigure(props: Props<'mean_seconds'>) {
  const value = () => props.traffic.mean_seconds;
  return (
    <Figure
      label={t().figures.mean}
      tip={t().figures.responseTip}
      value={seconds(value())}
      of={{ owner: props.owner, figure: 'mean', value: value() }}
    />
  );
}

export function P95Figure(props: Props<'p95_seconds'>) {
  const value = () => props.traffic.p95_seconds;
  return (
    <Figure
      label={t().figures.p95}
      tip={t().figures.p95Tip}
      value={seconds(value())}
      of={{ owner: props.owner, figure: 'p95', value: value() }}
    />
  );
}

export function UsersFigure(props: Props<'active_users'>) {
  const value = () => props.traffic.active_users;
  return (
    <Figure
      label={t().figures.users}
      tip={t().figures.usersTip}
      value={number(value())}
      of={{ owner: props.owner, figure: 'active_users', value: value() }}
    />
  );
}

export function InFlightFigure(props: Props<'in_flight'>) {
  const value = () => props.traffic.in_flight;
  return (
    <Figure
      label={t().figures.inFlight}
      tip={t().figures.inFlightTip}
      value={number(value())}
      of={{ owner: props.owner, figure: 'in_flight', value: value() }}
    />
  );
}
