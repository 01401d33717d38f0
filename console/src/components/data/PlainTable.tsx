import { For, type JSX } from 'solid-js';

/** Rows in an order of their own, which nobody changes. `head`: a word above each column, '' above what needs none. */
export function PlainTable(props: { class?: string; label?: string; head: readonly string[]; children: JSX.Element }) {
  return (
    <table class={props.class} aria-label={props.label}>
      <thead>
        <tr>
          <For each={props.head}>{(word) => (word ? <th scope="col">{word}</th> : <td />)}</For>
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  );
}
