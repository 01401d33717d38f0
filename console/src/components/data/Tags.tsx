import { For, Show } from 'solid-js';

/** Short words side by side; what is said instead when there are none. */
export function Tags(props: { words: readonly string[]; none: string; mono?: boolean }) {
  return (
    <Show when={props.words.length > 0} fallback={<span class="muted">{props.none}</span>}>
      <For each={props.words}>{(word) => <span class={props.mono ? 'tag mono' : 'tag'}>{word}</span>}</For>
    </Show>
  );
}
