import { For, Show, type JSX } from 'solid-js';
import type { SetStoreFunction } from 'solid-js/store';
import { PRIORITIES, type Priority } from '../../api/managed';
import { t } from '../../lib/i18n';
import { AMOUNTS, type Draft } from './draft';

/** What a client is and may, but for its name. */
export function Fields(props: { draft: Draft; set: SetStoreFunction<Draft> }) {
  const words = () => t().clients;
  return (
    <>
      <div class="two">
        <Row label={words().titleField} hint={words().titleHint}>
          <Text draft={props.draft} set={props.set} name="title" />
        </Row>
        <Row label={words().owner} hint={words().ownerHint}>
          <Text draft={props.draft} set={props.set} name="owner" />
        </Row>
        <Row label={words().scopes} hint={words().scopesHint}>
          <Text draft={props.draft} set={props.set} name="scopes" mono />
        </Row>
        <Row label={words().groups} hint={words().groupsHint}>
          <Text draft={props.draft} set={props.set} name="groups" />
        </Row>
        <Row label={words().networks} hint={words().networksHint}>
          <Text draft={props.draft} set={props.set} name="networks" mono />
        </Row>
        <Row label={words().priority} hint={words().priorityHint}>
          <select class="field" onChange={(event) => props.set('priority', event.currentTarget.value as Priority | '')}>
            <option value="" selected={props.draft.priority === ''}>
              {words().priorityOfRoute}
            </option>
            <For each={PRIORITIES}>
              {(priority) => (
                <option value={priority} selected={props.draft.priority === priority}>
                  {words().priorities[priority]}
                </option>
              )}
            </For>
          </select>
        </Row>
      </div>
      <p class="part">{words().limits}</p>
      <p class="muted">{words().limitsHint}</p>
      <div class="two">
        <For each={AMOUNTS}>
          {(amount) => (
            <Row label={words().amounts[amount]}>
              <Text draft={props.draft} set={props.set} name={amount} number />
            </Row>
          )}
        </For>
      </div>
    </>
  );
}

export function Row(props: { label: string; hint?: string; children: JSX.Element }) {
  return (
    <label class="row">
      <span>{props.label}</span>
      {props.children}
      <Show when={props.hint}>
        <span class="muted">{props.hint}</span>
      </Show>
    </label>
  );
}

function Text(props: {
  draft: Draft;
  set: SetStoreFunction<Draft>;
  name: Exclude<keyof Draft, 'priority'>;
  mono?: boolean;
  number?: boolean;
}) {
  return (
    <input
      class={props.mono ? 'field mono' : 'field'}
      inputmode={props.number ? 'decimal' : 'text'}
      spellcheck={false}
      autocomplete="off"
      value={props.draft[props.name]}
      onInput={(event) => props.set(props.name, event.currentTarget.value)}
    />
  );
}
