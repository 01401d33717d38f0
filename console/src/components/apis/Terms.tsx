import { For, Show } from 'solid-js';
import { serverNow } from '../../api/clock';
import type { Api } from '../../api/managed';
import { t } from '../../lib/i18n';
import { date } from '../../lib/time';
import { conversionText } from './words';

/** What is done to an API's calls, as short words side by side. */
export function Terms(props: { api: Api }) {
  const words = () => t().apis;
  const all = () => [
    ...(props.api.limits.length > 0 ? [words().limited(props.api.limits.length)] : []),
    ...(props.api.patterns ? [words().patterns[props.api.patterns]] : []),
    ...props.api.conversions.map(conversionText),
    ...(props.api.cache ? [words().cached] : []),
  ];
  return (
    <Show when={all().length > 0} fallback="–">
      <span class="tags">
        <For each={all()}>{(word) => <span class="tag">{word}</span>}</For>
      </span>
    </Show>
  );
}

/** Whether it is on its way out, and until when it answers. */
export function Deprecation(props: { api: Api }) {
  const words = () => t().apis;
  const said = () => {
    const { gone, deprecated } = props.api;
    if (gone !== null && gone / 1e6 <= serverNow()) return words().isGone;
    if (gone !== null) return words().goesOn(date(gone / 1000));
    if (deprecated !== null) return words().deprecated;
    return undefined;
  };
  return <Show when={said()}>{(text) => <span class="note deprecated">{text()}</span>}</Show>;
}
