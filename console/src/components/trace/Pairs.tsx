import { For } from 'solid-js';

/** Names and what they stand for, as they were sent. */
export function Pairs(props: { rows: readonly [string, string][] }) {
  return (
    <dl class="wf-pairs">
      <For each={props.rows}>
        {([key, value]) => (
          <>
            <dt class="mono">{key}</dt>
            <dd class="mono">{value}</dd>
          </>
        )}
      </For>
    </dl>
  );
}
