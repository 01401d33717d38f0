import { For, Show } from 'solid-js';
import type { Certificate, ListedClient } from '../../api/managed';
import { t } from '../../lib/i18n';
import { moment } from '../../lib/time';
import { Tags } from '../data/Tags';
import { limitText } from './words';

/** What a client is known by, where it may call from, and how much. */
export function SpecPanel(props: { client: ListedClient }) {
  const one = () => props.client.client;
  const words = () => t().clients;
  return (
    <section class="panel" aria-label={words().spec}>
      <div class="panel-head">
        <h2>{words().spec}</h2>
        <Show when={props.client.changed_at}>
          {(at) => <span class="note">{words().changedAt(moment(at() / 1000), props.client.changed_by ?? '')}</span>}
        </Show>
      </div>
      <dl class="said">
        <dt>{words().scopes}</dt>
        <dd>
          <Tags words={one().scopes} none={words().noScopes} mono />
        </dd>
        <dt>{words().groups}</dt>
        <dd>
          <Tags words={one().groups} none={words().noGroups} />
        </dd>
        <dt>{words().networks}</dt>
        <dd>
          <Tags words={one().networks} none={words().anywhere} mono />
        </dd>
        <dt>{words().limits}</dt>
        <dd>
          <Tags words={one().limits.map(limitText)} none={words().noLimits} />
        </dd>
        <dt>{words().priority}</dt>
        <dd>
          <Show when={one().priority} fallback={<span class="muted">{words().priorityOfRoute}</span>}>
            {(priority) => words().priorities[priority()]}
          </Show>
        </dd>
        <Show when={one().jwks}>
          <dt>{words().jwks}</dt>
          <dd>{words().hasJwks}</dd>
        </Show>
        <Show when={one().certificates.length > 0}>
          <dt>{words().certificates}</dt>
          <dd>
            <For each={one().certificates}>{(certificate) => <span class="tag mono">{named(certificate)}</span>}</For>
          </dd>
        </Show>
      </dl>
    </section>
  );
}

function named({ subject, san, fingerprint }: Certificate): string {
  return [subject, san, fingerprint && `${fingerprint.slice(0, 12)}…`].filter(Boolean).join(' · ');
}
