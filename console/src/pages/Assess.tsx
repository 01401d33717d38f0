/** One system: what is known of it, and beside it, as it is written, whether it is worth moving. */
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show } from 'solid-js';
import { assess, CHOICES, questions as ask, type Choice, type Questions, type Request } from '../api/assess';
import { asking } from '../api/asking';
import { Choices } from '../components/Choices';
import { Asked } from '../components/data/Asked';
import { Downloads } from '../components/assess/Downloads';
import { draftOf, isName, nameOf, nothing, sheetOf, wrongs, type Draft } from '../components/assess/draft';
import { FiguresPanel } from '../components/assess/FiguresPanel';
import { FileButton } from '../components/assess/FileButton';
import { ListPanel } from '../components/assess/ListPanel';
import { LogPanel } from '../components/assess/LogPanel';
import { QuestionRow } from '../components/assess/QuestionRow';
import { Said } from '../components/assess/Said';
import { save } from '../components/assess/save';
import { assessed, draft, keep, keeps, log, replace, setAssessed, setDraft } from '../components/assess/state';
import { Tabs } from '../components/assess/Tabs';
import { VerdictPanel } from '../components/assess/VerdictPanel';
import { levelOf, outcomeText } from '../components/assess/words';
import { Mark } from '../components/Mark';
import { language, t } from '../lib/i18n';
import { notify } from '../lib/notice';
import { PageHead } from '../components/data/PageHead';
import '../components/data/data.css';
import '../components/assess/assess.css';

/** How long somebody pauses before the verdict is told anew, in milliseconds. */
const PAUSE = 250;
/** The longest questionnaire, in bytes. */
const MAX_FILE = 1024 * 1024;

export default function Assess() {
  // The questions change with the language alone.
  const questions = asking((signal) => ask(language(), signal), 3600);
  return (
    <>
      <Tabs />
      <Asked of={questions}>{(all) => <Form questions={all()} />}</Asked>
    </>
  );
}

function Form(props: { questions: Questions }) {
  const words = () => t().assess;
  const [trouble, setTrouble] = createSignal<string>();
  const [badFile, setBadFile] = createSignal<string>();
  const wrong = createMemo(() => wrongs(draft, props.questions.figures));
  const sheet = createMemo(() => sheetOf(draft, props.questions.figures, language()));
  const request = (): Request => ({ questionnaire: sheet(), findings: log()?.findings });

  createEffect(on(() => JSON.stringify(draft), keep, { defer: true }));
  createEffect(() => {
    const now = request();
    const stop = new AbortController();
    const timer = window.setTimeout(
      () => {
        assess(now, stop.signal)
          .then((found) => {
            setAssessed(found);
            setTrouble(undefined);
          })
          .catch((error: unknown) => {
            if (!stop.signal.aborted) setTrouble(error instanceof Error ? error.message : String(error));
          });
      },
      assessed() ? PAUSE : 0,
    );
    onCleanup(() => {
      clearTimeout(timer);
      stop.abort();
    });
  });

  const put = (next: Draft, nextLog: ReturnType<typeof log>, text: string) => {
    const undo = replace(next, nextLog);
    setBadFile(undefined);
    notify({ severity: 'info', text, undo });
  };
  const open = async (file: File) => {
    try {
      if (file.size > MAX_FILE) throw new Error(words().tooLargeFile);
      const found = await assess({ yaml: await file.text(), language: language() });
      put(draftOf(found.questionnaire), undefined, words().opened(file.name));
    } catch (error) {
      setBadFile(error instanceof Error ? error.message : String(error));
    }
  };
  const store = async () => {
    try {
      const found = await assess({ questionnaire: sheet() });
      save(new Blob([found.yaml], { type: 'application/yaml' }), `${found.questionnaire.name}.yaml`);
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  const wrongText = () => (wrong().length > 0 ? words().mendFirst : undefined);
  let verdictPart: HTMLDivElement | undefined;

  return (
    <>
      <PageHead title={words().title} about={words().about}>
        <div class="actions">
          <FileButton
            label={words().openFile}
            tip={words().openTip}
            accept=".yaml,.yml"
            onFile={(file) => void open(file)}
          />
          <button
            class="button"
            classList={{ refused: wrongText() !== undefined }}
            aria-disabled={wrongText() !== undefined}
            data-tip={wrongText() ?? words().saveTip}
            onClick={() => {
              if (!wrongText()) void store();
            }}
          >
            {words().saveFile}
          </button>
          <button class="button plain" onClick={() => put(nothing(), undefined, words().begun)}>
            {words().begin}
          </button>
        </div>
      </PageHead>
      <p class="kept note" role="status">
        {keeps() ? words().kept : words().notKept}
      </p>
      <Said title={words().badFile} why={badFile()} />
      <div class="assess">
        <div class="answers">
          <SystemPanel />
          <LogPanel />
          <section class="panel" aria-label={words().before}>
            <div class="panel-head">
              <h2>{words().before}</h2>
              <span class="note">{words().beforeHint}</span>
            </div>
            <For each={props.questions.before}>
              {(question) => <QuestionRow question={question} judged={undefined} />}
            </For>
          </section>
          <section class="panel" aria-label={words().check}>
            <div class="panel-head">
              <h2>{words().check}</h2>
              <span class="note">{words().checkHint(props.questions.adopt_from)}</span>
            </div>
            <For each={props.questions.goals}>
              {(goal) => (
                <>
                  <h3 class="goal-name">{goal.name}</h3>
                  <For each={goal.questions}>
                    {(question) => (
                      <QuestionRow
                        question={question}
                        judged={assessed()?.verdict.answers.find(({ key }) => key === question.key)}
                      />
                    )}
                  </For>
                </>
              )}
            </For>
          </section>
          <FiguresPanel questions={props.questions} />
          <ListPanel />
        </div>
        <div class="verdict-side" ref={verdictPart}>
          <section class="panel verdict" aria-label={words().verdict}>
            <div class="panel-head">
              <h2>{words().verdict}</h2>
              <Show when={log()}>{(file) => <span class="note">{words().withLog(file().name)}</span>}</Show>
            </div>
            <Said title={words().notAssessed} why={trouble()} />
            <Show when={assessed()} fallback={<p class="small-empty">{t().app.loading}</p>}>
              {(found) => <VerdictPanel verdict={found().verdict} questions={props.questions} />}
            </Show>
          </section>
          <Downloads request={request} name={sheet().name} wrong={wrongText()} />
        </div>
      </div>
      <Show when={assessed()}>
        {(found) => (
          <button class="verdict-bar" onClick={() => verdictPart?.scrollIntoView({ behavior: 'smooth' })}>
            <Mark level={levelOf(found().verdict)} />
            <span>{outcomeText(found().verdict, props.questions)}</span>
          </button>
        )}
      </Show>
    </>
  );
}

function SystemPanel() {
  const words = () => t().assess;
  const wrongName = () => draft.name !== '' && !isName(draft.name);
  return (
    <section class="panel" aria-label={words().system}>
      <div class="panel-head">
        <h2>{words().system}</h2>
      </div>
      <div class="system">
        <label>
          <span>{words().systemName}</span>
          <input
            class="field"
            autocomplete="off"
            placeholder={words().systemExample}
            value={draft.system}
            onInput={(event) => setDraft('system', event.currentTarget.value)}
          />
        </label>
        <label>
          <span>{words().shortName}</span>
          <input
            class="field mono"
            autocomplete="off"
            spellcheck={false}
            maxlength="40"
            aria-invalid={wrongName()}
            placeholder={nameOf(draft.system) || 'booking-portal'}
            value={draft.name}
            onInput={(event) => setDraft('name', event.currentTarget.value.trim())}
          />
          <Show when={wrongName()} fallback={<span class="muted">{words().shortNameHint}</span>}>
            <span class="wrong" role="alert">
              {words().wrongName}
            </span>
          </Show>
        </label>
        <div class="public">
          <span>{words().publicService}</span>
          <Choices
            label={words().publicService}
            options={CHOICES.map((value) => ({ value, label: words().choices[value] }))}
            value={draft.publicService}
            onChoose={(value) => setDraft('publicService', value as Choice)}
          />
        </div>
      </div>
    </section>
  );
}
