import { For, Show } from 'solid-js';
import { produce } from 'solid-js/store';
import { t } from '../../lib/i18n';
import { Icon } from '../Icon';
import { isFunction, isLink } from './draft';
import { draft, setDraft } from './state';

/** The business functions and the linked systems, which the target model is made of. */
export function ListPanel() {
  const words = () => t().assess;
  return (
    <section class="panel" aria-label={words().lists}>
      <div class="panel-head">
        <h2>{words().lists}</h2>
        <span class="note">{words().listsHint}</span>
      </div>
      <div class="lists">
        <h3>{words().functions}</h3>
        <For each={draft.functions}>
          {(one, i) => (
            <div class="list-row" role="group" aria-label={`${words().functions} ${i() + 1}`}>
              <For each={['title', 'name', 'path', 'owner'] as const}>
                {(key) => (
                  <input
                    class={key === 'title' || key === 'owner' ? 'field' : 'field mono'}
                    aria-label={words().functionFields[key]}
                    placeholder={words().functionExamples[key]}
                    autocomplete="off"
                    value={one[key]}
                    onInput={(event) => setDraft('functions', i(), key, event.currentTarget.value)}
                  />
                )}
              </For>
              <Remove
                label={words().removeFunction(one.name || one.title)}
                onPress={() =>
                  setDraft(
                    'functions',
                    produce((all) => all.splice(i(), 1)),
                  )
                }
              />
              <Show when={!isFunction(one)}>
                <span class="wrong">{words().wrongFunction}</span>
              </Show>
            </div>
          )}
        </For>
        <button
          class="button"
          onClick={() => setDraft('functions', draft.functions.length, { name: '', title: '', path: '/', owner: '' })}
        >
          {words().addFunction}
        </button>
        <h3>{words().links}</h3>
        <For each={draft.links}>
          {(one, i) => (
            <div class="list-row links" role="group" aria-label={`${words().links} ${i() + 1}`}>
              <For each={['name', 'url'] as const}>
                {(key) => (
                  <input
                    class="field mono"
                    aria-label={words().linkFields[key]}
                    placeholder={words().linkExamples[key]}
                    autocomplete="off"
                    value={one[key]}
                    onInput={(event) => setDraft('links', i(), key, event.currentTarget.value)}
                  />
                )}
              </For>
              <Remove
                label={words().removeLink(one.name)}
                onPress={() =>
                  setDraft(
                    'links',
                    produce((all) => all.splice(i(), 1)),
                  )
                }
              />
              <Show when={!isLink(one)}>
                <span class="wrong">{words().wrongLink}</span>
              </Show>
            </div>
          )}
        </For>
        <button class="button" onClick={() => setDraft('links', draft.links.length, { name: '', url: 'https://' })}>
          {words().addLink}
        </button>
      </div>
    </section>
  );
}

function Remove(props: { label: string; onPress: () => void }) {
  return (
    <button class="icon-button" aria-label={props.label} data-tip={props.label} onClick={() => props.onPress()}>
      <Icon name="cross" />
    </button>
  );
}
