import { Show, type JSX } from 'solid-js';

/** How a page begins: what it is called, what it shows, and at its right what may be chosen or done. */
export function PageHead(props: { title: string; about: string; crumb?: JSX.Element; children?: JSX.Element }) {
  return (
    <div class="page-head">
      <div class="grow">
        <Show when={props.crumb}>{props.crumb}</Show>
        <h1>{props.title}</h1>
        <p class="muted">{props.about}</p>
      </div>
      {props.children}
    </div>
  );
}
