import { For, type JSX } from 'solid-js';
import { t } from '../../lib/i18n';
import { href, params, type Page } from '../../lib/route';
import { Crumb } from './Crumb';
import { Heading } from './Heading';

/** Where one is, what it is called, how it stands, what is known of it, and what may be done. */
export function Head(props: {
  from: Page & ('clients' | 'apis' | 'links');
  title: string;
  state?: JSX.Element;
  /** What the T-Map shows of it. */
  subject: string;
  facts: readonly (JSX.Element | undefined)[];
  actions?: JSX.Element;
}) {
  const transactions = () => href('tmap', '', { subject: props.subject, range: tmapRange() });
  return (
    <Heading
      crumb={<Crumb to={href(props.from)} from={t().nav[props.from]} here={props.title} />}
      title={props.title}
      actions={props.actions}
    >
      {props.state}
      <div class="facts">
        <For each={props.facts.filter(Boolean)}>{(fact) => <span>{fact}</span>}</For>
        <a href={transactions()}>{t().nav.tmap}</a>
      </div>
    </Heading>
  );
}

/** The T-Map has the same ranges but for one. */
function tmapRange(): string {
  const range = params().get('range') ?? '15m';
  return range === '15m' ? '30m' : range;
}
