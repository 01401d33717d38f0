import { For, Show } from 'solid-js';

/** What is wrong with something that was asked, one thing a line. */
export function Said(props: { title: string; why: string | undefined }) {
  return (
    <Show when={props.why}>
      {(why) => (
        <div class="said-wrong" role="alert">
          <strong>{props.title}</strong>
          <ul>
            <For each={why().split('\n')}>{(line) => <li>{line}</li>}</For>
          </ul>
        </div>
      )}
    </Show>
  );
}
