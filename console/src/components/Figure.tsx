import { Show, type JSX } from 'solid-js';

/** One figure with its name; explains itself under the pointer and with the keyboard. */
export function Figure(props: {
  label: string;
  tip: string;
  value: string;
  unit?: string;
  tone?: 'bad' | 'warn' | undefined;
  children?: JSX.Element;
}) {
  return (
    <div class="figure" data-tip={props.tip} tabindex="0" role="group" aria-label={`${props.label} ${props.value}`}>
      <div class="label">{props.label}</div>
      <div class="value" classList={{ [props.tone ?? 'calm']: true }}>
        {props.value}
        <Show when={props.unit}>
          <span class="unit">{props.unit}</span>
        </Show>
      </div>
      {props.children}
    </div>
  );
}
