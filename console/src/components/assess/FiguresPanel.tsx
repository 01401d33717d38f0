import { For, Show } from 'solid-js';
import type { AskedFigure, Questions } from '../../api/assess';
import { language, t } from '../../lib/i18n';
import { number } from '../../lib/format';
import { grouped, isRight, numberOf } from './draft';
import { draft, setDraft } from './state';

/** Figures by what they are about; one that is in none stands in the last. */
const GROUPS = [
  ['cost', ['initial_cost', 'yearly_cost']],
  ['load', ['users_a_day', 'peak_rate', 'surge_times', 'response_time', 'slow_hours']],
  ['change', ['stops_a_year', 'changes_a_month', 'deployments_a_month']],
  ['shape', ['linked_systems', 'servers']],
  ['grades', ['size', 'complexity', 'scalability']],
  ['maturity', ['application_today', 'application_wanted', 'infrastructure_today', 'infrastructure_wanted']],
] as const;
const LEVELS = /^(application|infrastructure)_/;
const GRADES: readonly string[] = GROUPS[4][1];

/** The figures that are known of a system. */
export function FiguresPanel(props: { questions: Questions }) {
  const groups = () => {
    const placed = new Set<string>(GROUPS.flatMap(([, keys]) => keys));
    const rest = props.questions.figures.map(({ key }) => key).filter((key) => !placed.has(key));
    return GROUPS.map(([name, keys], i) => ({
      name,
      figures: [...keys, ...(i === GROUPS.length - 1 ? rest : [])]
        .map((key) => props.questions.figures.find((figure) => figure.key === key))
        .filter((figure) => figure !== undefined),
    }));
  };
  return (
    <section class="panel" aria-label={t().assess.figures}>
      <div class="panel-head">
        <h2>{t().assess.figures}</h2>
        <span class="note">{t().assess.figuresHint}</span>
      </div>
      <div class="figure-groups">
        <For each={groups()}>
          {(group) => (
            <fieldset>
              <legend>{t().assess.groups[group.name]}</legend>
              <For each={group.figures}>{(figure) => <FigureRow figure={figure} questions={props.questions} />}</For>
            </fieldset>
          )}
        </For>
      </div>
    </section>
  );
}

function FigureRow(props: { figure: AskedFigure; questions: Questions }) {
  const text = () => draft.figures[props.figure.key] ?? '';
  const set = (value: string) => setDraft('figures', props.figure.key, value);
  return (
    <label class="figure-row">
      <span class="what">{props.figure.text}</span>
      <Show when={options(props.figure, props.questions)} fallback={<Written figure={props.figure} />}>
        {(choices) => (
          <select class="field" onChange={(event) => set(event.currentTarget.value)}>
            <option value="" selected={text() === ''}>
              {t().assess.notKnown}
            </option>
            <For each={choices()}>
              {(choice) => (
                <option value={choice.value} selected={text() === choice.value}>
                  {choice.label}
                </option>
              )}
            </For>
          </select>
        )}
      </Show>
    </label>
  );
}

function Written(props: { figure: AskedFigure }) {
  const text = () => draft.figures[props.figure.key] ?? '';
  const set = (value: string) => setDraft('figures', props.figure.key, value);
  const wrong = () => !isRight(props.figure, text());
  return (
    <>
      <span class="amount">
        <input
          class="field"
          inputmode="decimal"
          autocomplete="off"
          aria-invalid={wrong()}
          value={text()}
          onInput={(event) => set(event.currentTarget.value)}
          onBlur={() => set(grouped(text()))}
        />
        <span class="unit">{props.figure.unit}</span>
      </span>
      <Show
        when={wrong()}
        fallback={
          <Show when={numberOf(text()) >= 10_000}>{<span class="muted">{inShort(numberOf(text()))}</span>}</Show>
        }
      >
        <span class="wrong" role="alert">
          {t().assess.wrongFigure(number(props.figure.least), number(props.figure.most), props.figure.whole)}
        </span>
      </Show>
    </>
  );
}

/** 120억, 12B: nobody counts zeros. */
function inShort(value: number): string {
  return new Intl.NumberFormat(language(), { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

/** Grades and levels are chosen, everything else is written. */
function options(figure: AskedFigure, questions: Questions): { value: string; label: string }[] | undefined {
  const side = LEVELS.exec(figure.key)?.[1];
  const levels = questions.maturity.find((one) => one.side === side)?.levels;
  if (levels) return levels.map((label, level) => ({ value: String(level), label }));
  if (GRADES.includes(figure.key)) return ['1', '2', '3', '4', '5'].map((value) => ({ value, label: value }));
  return undefined;
}
