import { For, Show, type JSX } from 'solid-js';
import type { Health } from '../../lib/health';
import { t } from '../../lib/i18n';
import { href, params } from '../../lib/route';
import { Heading } from '../data/Heading';
import { HealthMark } from '../HealthMark';

/** What one looks at: where it lies, its name, its health, what is known of it, and what may be done. */
export function Title(props: {
  kind: 'service' | 'function';
  name: string;
  title: string;
  health: Health;
  facts: JSX.Element;
  actions?: JSX.Element;
}) {
  const transactions = () =>
    href('tmap', '', { subject: `${props.kind}:${props.name}`, range: params().get('range') ?? undefined });
  return (
    <Heading
      crumb={
        <nav class="crumb">
          <a href={href('overview')}>{t().nav.overview}</a>
          <span aria-hidden="true">›</span>
          <span>{t().nav[props.kind]}</span>
        </nav>
      }
      title={props.title}
      actions={props.actions}
    >
      <HealthMark health={props.health} pill focusable />
      <div class="facts">
        {props.facts}
        <a href={transactions()}>{t().nav.tmap}</a>
      </div>
    </Heading>
  );
}

/** Links to subjects of the other kind. */
export function Related(props: {
  label: string;
  kind: 'service' | 'function';
  items: readonly { name: string; title: string }[];
}) {
  return (
    <Show when={props.items.length > 0}>
      <span class="related">
        {props.label}
        <For each={props.items}>{(item) => <a href={href(props.kind, item.name)}>{item.title}</a>}</For>
      </span>
    </Show>
  );
}
