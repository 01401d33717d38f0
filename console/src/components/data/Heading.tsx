import type { JSX } from 'solid-js';

/** How the page of one thing begins: where it lies, its name with what is known beside it, and what may be done. */
export function Heading(props: { crumb: JSX.Element; title: string; children: JSX.Element; actions?: JSX.Element }) {
  return (
    <div class="page-head">
      <div class="grow">
        {props.crumb}
        <div class="title-row">
          <h1>{props.title}</h1>
          {props.children}
        </div>
      </div>
      {props.actions}
    </div>
  );
}
