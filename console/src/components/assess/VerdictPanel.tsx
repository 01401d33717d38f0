import { For, Show } from 'solid-js';
import type { Grade, Questions, Verdict } from '../../api/assess';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { PlainTable } from '../data/PlainTable';
import { Mark } from '../Mark';
import { levelOf, outcomeText } from './words';
import './verdict.css';

const COUNT = 10;

/** What the answers come to, as they stand. */
export function VerdictPanel(props: { verdict: Verdict; questions: Questions }) {
  const words = () => t().assess;
  const against = () => props.verdict.answers.filter((one) => one.contradicted);
  return (
    <div class="verdict-body">
      <p class={`outcome ${levelOf(props.verdict)}`} role="status">
        <Mark level={levelOf(props.verdict)} />
        <span>{outcomeText(props.verdict, props.questions)}</span>
      </p>
      <Show when={!props.verdict.outcome}>
        <p class="muted">{words().openHint}</p>
      </Show>
      <Meter verdict={props.verdict} adopt={props.questions.adopt_from} />
      <Show when={against().length > 0}>
        <div class="against">
          <h3>{words().againstTitle}</h3>
          <ul>
            <For each={against()}>
              {(one) => (
                <li>
                  {words().against(
                    one.number,
                    words().choices[one.given],
                    one.proofs
                      .filter((proof) => proof.proves !== 'unknown' && proof.proves !== one.given)
                      .map((proof) => proof.text)
                      .join('; '),
                  )}
                </li>
              )}
            </For>
          </ul>
        </div>
      </Show>
      <h3>{words().goals}</h3>
      <Goals verdict={props.verdict} questions={props.questions} />
      <h3>{words().changes}</h3>
      <ul class="bullets">
        <For each={props.verdict.changes}>{(line) => <li>{line}</li>}</For>
      </ul>
      <h3>{words().suits}</h3>
      <p>{props.questions.conclusions[props.verdict.suits.conclusion]}</p>
      <details>
        <summary>{words().why}</summary>
        <ul class="bullets">
          <For each={props.verdict.suits.traits}>
            {(one) => (
              <li>
                {props.questions.traits[one.what]}: <strong>{words().choices[one.holds]}</strong>{' '}
                <span class="muted">{one.why}</span>
              </li>
            )}
          </For>
        </ul>
      </details>
      <h3>{words().priority}</h3>
      <Priority verdict={props.verdict} formula={props.questions.priority} />
      <h3>{words().maturity}</h3>
      <Maturity verdict={props.verdict} questions={props.questions} />
    </div>
  );
}

/** Ten places: so many yes, so many that may still be; from the mark on it is to be adopted. */
function Meter(props: { verdict: Verdict; adopt: number }) {
  const kind = (i: number) =>
    i < props.verdict.yes ? 'yes' : i < props.verdict.yes + props.verdict.unknown ? 'unknown' : 'no';
  const counts = () => t().assess.counts(props.verdict.yes, props.verdict.no, props.verdict.unknown);
  return (
    <div class="meter">
      <div class="cells" aria-hidden="true">
        <For each={Array.from({ length: COUNT }, (_, i) => i)}>
          {(i) => <span class={`cell ${kind(i)}`} classList={{ from: i === props.adopt - 1 }} />}
        </For>
      </div>
      <p>
        <strong>{counts()}</strong> <span class="muted">{t().assess.adoptFrom(props.adopt)}</span>
      </p>
    </div>
  );
}

function Goals(props: { verdict: Verdict; questions: Questions }) {
  const words = () => t().assess;
  return (
    <PlainTable
      class="goals"
      label={words().goals}
      head={[words().goal, words().choices.yes, words().choices.no, words().choices.unknown]}
    >
      <For each={props.verdict.goals}>
        {(one) => (
          <tr>
            <th scope="row">{props.questions.goals.find(({ key }) => key === one.goal)?.name}</th>
            <td classList={{ zero: one.yes === 0 }}>{one.yes}</td>
            <td classList={{ zero: one.no === 0 }}>{one.no}</td>
            <td classList={{ zero: one.unknown === 0, open: one.unknown > 0 }}>{one.unknown}</td>
          </tr>
        )}
      </For>
    </PlainTable>
  );
}

function Priority(props: { verdict: Verdict; formula: string }) {
  const words = () => t().assess;
  const of = () => props.verdict.priority;
  const grade = (one: Grade | null) => (one ? `${number(one.value)}${one.estimated ? '*' : ''}` : '?');
  return (
    <>
      <p>
        <Show when={of().score !== null} fallback={<span>{words().noPriority}</span>}>
          <strong>{words().score(number(of().score))}</strong>
        </Show>{' '}
        {words().grades(grade(of().size), grade(of().complexity), grade(of().scalability))}
      </p>
      <p class="muted small">{props.formula}</p>
    </>
  );
}

function Maturity(props: { verdict: Verdict; questions: Questions }) {
  const words = () => t().assess;
  return (
    <For each={props.questions.maturity}>
      {(side) => {
        const course = () => props.verdict.maturity[side.side];
        const steps = () => side.steps.filter((step) => step.to > (course().today ?? 0) && step.to <= course().wanted);
        return (
          <>
            <p>
              <strong>{side.name}</strong> {words().today}: {side.levels[course().today ?? -1] ?? words().notKnown} →{' '}
              {words().wanted}: {side.levels[course().wanted]}
              <Show when={!course().given}>
                {' '}
                <span class="muted">{words().follows}</span>
              </Show>
            </p>
            <Show when={steps().length > 0}>
              <details>
                <summary>{words().steps(steps().length)}</summary>
                <ol class="steps">
                  <For each={steps()}>
                    {(step) => (
                      <li>
                        <span class="tag">{`${step.to - 1} → ${step.to}`}</span> {step.work}
                        <p class="muted">
                          {words().byNaru}: {step.naru}
                        </p>
                      </li>
                    )}
                  </For>
                </ol>
              </details>
            </Show>
          </>
        );
      }}
    </For>
  );
}
