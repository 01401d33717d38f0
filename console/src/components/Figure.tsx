import { Show, type JSX } from 'solid-js';
import { forecastOf } from '../api/alerts';
import { ExplainButton } from './alerts/ExplainButton';
import { aheadText } from './alerts/words';

/** One figure with its name; explains itself under the pointer and with the keyboard. */
export function Figure(props: {
  label: string;
  tip: string;
  value: string;
  unit?: string;
  tone?: 'bad' | 'warn' | undefined;
  /** The watched figure that it is, which naru explains and forecasts. */
  of?: { owner: string; figure: string; value?: number | undefined };
  children?: JSX.Element;
}) {
  return (
    <div class="figure" data-tip={props.tip} tabindex="0" role="group" aria-label={`${props.label} ${props.value}`}>
      <div class="label">
        {props.label}
        <Show when={props.of}>
          {(of) => <ExplainButton owner={of().owner} figure={of().figure} value={of().value} />}
        </Show>
      </div>
      <div class="value" classList={{ [props.tone ?? 'calm']: true }}>
        {props.value}
        <Show when={props.unit}>
          <span class="unit">{props.unit}</span>
        </Show>
      </div>
      <Show when={props.of && forecastOf(props.of.owner, props.of.figure)}>
        {(one) => <span class="ahead">{aheadText(one().figure, one().threshold, one().ahead!)}</span>}
      </Show>
      {props.children}
    </div>
  );
}
