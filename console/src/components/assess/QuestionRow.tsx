import { createUniqueId, For, Show } from 'solid-js';
import { CHOICES, type Choice, type Judged, type Question } from '../../api/assess';
import { t } from '../../lib/i18n';
import { Choices } from '../Choices';
import { State } from '../data/State';
import { draft, setDraft } from './state';

/** One question: the answer, what shows it, and what figures and log say to it. */
export function QuestionRow(props: { question: Question; judged: Judged | undefined }) {
  const id = createUniqueId();
  const words = () => t().assess;
  const given = () => draft.answers[props.question.key] ?? { answer: 'unknown' as const, evidence: '' };
  const set = (change: Partial<{ answer: Choice; evidence: string }>) =>
    setDraft('answers', props.question.key, { ...given(), ...change });
  const label = () => (props.question.number ? `${props.question.number}` : '');
  return (
    <div class="question" role="group" aria-labelledby={id} data-key={props.question.key}>
      <p class="asked" id={id}>
        <Show when={props.question.number}>
          <span class="q-number">{label()}</span>
        </Show>
        {props.question.text}
      </p>
      <p class="muted indicator">{props.question.indicator}</p>
      <div class="q-answer">
        <Choices
          label={words().answer}
          options={CHOICES.map((value) => ({ value, label: words().choices[value] }))}
          value={given().answer}
          onChoose={(value) => set({ answer: value as Choice })}
        />
        <input
          class="field"
          type="text"
          aria-label={words().evidence}
          placeholder={words().evidenceHint}
          autocomplete="off"
          value={given().evidence}
          onInput={(event) => set({ evidence: event.currentTarget.value })}
        />
      </div>
      <Show when={props.judged && (props.judged.proofs.length > 0 || props.judged.contradicted)}>
        <div class="proofs">
          <Show when={props.judged?.contradicted}>
            <State level="bad" word={words().contradicted} />
          </Show>
          <Show when={props.judged?.filled_by}>
            {(source) => (
              <State
                level="good"
                word={words().filled(words().sources[source()], words().choices[props.judged!.counted])}
              />
            )}
          </Show>
          <ul>
            <For each={props.judged?.proofs}>
              {(proof) => (
                <li>
                  <span class="tag">{words().sources[proof.source]}</span> {proof.text}
                </li>
              )}
            </For>
          </ul>
        </div>
      </Show>
    </div>
  );
}
