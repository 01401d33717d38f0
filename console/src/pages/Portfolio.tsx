/** Many systems: which of them first, as a table and as a picture. */
import { createEffect, createMemo, createSignal, For, onCleanup, Show } from 'solid-js';
import {
  assess,
  questions as ask,
  ranked,
  rankedFile,
  type Format,
  type Grade,
  type RankedSystem,
  type Ranking,
} from '../api/assess';
import { asking } from '../api/asking';
import { FileButton } from '../components/assess/FileButton';
import { MapPanel } from '../components/assess/MapPanel';
import { Said } from '../components/assess/Said';
import { draftOf } from '../components/assess/draft';
import { save } from '../components/assess/save';
import { replace } from '../components/assess/state';
import { keepsTable, readTable, setTable, table, template } from '../components/assess/table';
import { Tabs } from '../components/assess/Tabs';
import { langOf, levelOf, resultOf, RESULTS, type Result } from '../components/assess/words';
import { Choices } from '../components/Choices';
import { figure } from '../components/data/columns';
import { DataTable, type Column } from '../components/data/DataTable';
import { FindField, finds } from '../components/data/FindField';
import { PageHead } from '../components/data/PageHead';
import { State } from '../components/data/State';
import { Empty, Loading } from '../components/Empty';
import { number } from '../lib/format';
import { language, t } from '../lib/i18n';
import { notify } from '../lib/notice';
import { go, href, params, setParam } from '../lib/route';
import '../components/data/data.css';
import '../components/assess/assess.css';

/** Rows at once: more are found by narrowing them down. */
const MOST = 300;
const FORMATS: readonly Format[] = ['csv', 'html', 'pdf', 'docx'];
/** How many rows that can't be read are named. */
const MOST_BROKEN = 20;

interface Row extends RankedSystem {
  /** Where it stands, from 1, whether it has a rank or not. */
  place: number;
}

export default function Portfolio() {
  const words = () => t().portfolio;
  const questions = asking((signal) => ask(language(), signal), 3600);
  const [ranking, setRanking] = createSignal<Ranking>();
  const [trouble, setTrouble] = createSignal<string>();

  createEffect(() => {
    const [now, tongue] = [table(), language()];
    const stop = new AbortController();
    setTrouble(undefined);
    if (!now) setRanking(undefined);
    else
      ranked(now.text, tongue, stop.signal)
        .then(setRanking)
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          setRanking(undefined);
          setTrouble(error instanceof Error ? error.message : String(error));
        });
    onCleanup(() => stop.abort());
  });

  const open = (file: File) =>
    readTable(file)
      .then(setTable)
      .catch((error: Error) => setTrouble(error.message));

  return (
    <>
      <Tabs />
      <PageHead title={words().title} about={words().about}>
        <div class="actions">
          <FileButton
            label={words().openFile}
            tip={words().openTip}
            accept=".csv,text/csv"
            primary={!table()}
            onFile={(file) => void open(file)}
          />
          <Show when={questions.value()}>
            {(all) => (
              <button
                class="button"
                data-tip={words().templateTip}
                onClick={() => save(new Blob([template(all())], { type: 'text/csv' }), 'systems.csv')}
              >
                {words().template}
              </button>
            )}
          </Show>
          <Show when={table()}>
            <button class="button plain" onClick={() => setTable(undefined)}>
              {words().close}
            </button>
          </Show>
        </div>
      </PageHead>
      <Said title={words().bad} why={trouble()} />
      <Show when={table()} fallback={<Empty text={words().none} detail={words().noneHint} />}>
        {(file) => (
          <>
            <p class="kept note" lang={langOf(file().name)}>
              {keepsTable() ? words().keptHere(file().name) : words().notKept(file().name)}
            </p>
            <Show when={ranking()} fallback={<Show when={!trouble()}>{<Loading />}</Show>}>
              {(found) => <Ranked ranking={found()} formula={questions.value()?.priority ?? ''} />}
            </Show>
          </>
        )}
      </Show>
    </>
  );
}

function Ranked(props: { ranking: Ranking; formula: string }) {
  const words = () => t().portfolio;
  const result = () => (params().get('result') ?? 'all') as Result | 'all';
  const rows = createMemo((): Row[] =>
    props.ranking.systems
      .map((system, i) => ({ ...system, place: i + 1 }))
      .filter((row) => result() === 'all' || resultOf(row) === result())
      .filter((row) => finds([row.system, row.name])),
  );
  const broken = () => props.ranking.broken;
  const [trouble, setTrouble] = createSignal<string>();
  const open = async (row: Row) => {
    try {
      const { questionnaire } = await assess({
        table: { text: table()?.text ?? '', given: row.given },
        language: language(),
      });
      const undo = replace(draftOf(questionnaire), undefined);
      notify({ severity: 'info', text: words().opened(row.system), undo });
      go(href('assess'));
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <Said title={words().notOpened} why={trouble()} />
      <Said
        title={words().brokenRows(number(broken().length))}
        why={
          broken().length > 0
            ? broken()
                .slice(0, MOST_BROKEN)
                .map(({ line, what }) => words().line(line, what))
                .join('\n')
            : undefined
        }
      />
      <MapPanel
        systems={props.ranking.systems}
        chosen={params().get('find') ?? ''}
        onChoose={(system) => setParam('find', system || undefined)}
      />
      <section class="panel" aria-label={words().list}>
        <div class="panel-head">
          <h2>{words().list}</h2>
          <Choices
            label={words().resultLabel}
            options={(['all', ...RESULTS] as const).map((value) => ({ value, label: words().results[value] }))}
            value={result()}
            onChoose={(value) => setParam('result', value === 'all' ? undefined : value)}
          />
          <FindField hint={words().findHint} />
          <span class="note" role="status">
            {words().count(number(rows().length), number(props.ranking.systems.length))}
          </span>
          <Take />
        </div>
        <Show when={rows().length > 0} fallback={<Empty text={t().data.nothingFound} />}>
          <DataTable
            label={words().list}
            rows={rows().slice(0, MOST)}
            id={(row) => String(row.place)}
            columns={columns((row) => void open(row))}
            usual="rank"
            param="sort"
          />
        </Show>
        <Show when={rows().length > MOST}>
          <p class="small-empty">{words().more(number(rows().length - MOST))}</p>
        </Show>
        <p class="small-empty">{props.formula}</p>
      </section>
    </>
  );
}

/** The ranking as a file. */
function Take() {
  const [trouble, setTrouble] = createSignal<string>();
  const take = (format: Format) =>
    rankedFile(table()?.text ?? '', language(), format)
      .then((file) => {
        setTrouble(undefined);
        save(file, `portfolio.${format}`);
      })
      .catch((error: Error) => setTrouble(error.message));
  return (
    <>
      <span class="end buttons">
        <For each={FORMATS}>
          {(format) => (
            <button
              class="button"
              aria-label={`${t().assess.downloads} ${t().assess.formats[format]}`}
              onClick={() => void take(format)}
            >
              {t().assess.formats[format]}
            </button>
          )}
        </For>
      </span>
      <Said title={t().assess.notMade} why={trouble()} />
    </>
  );
}

function columns(open: (row: Row) => void): Column<Row>[] {
  const words = t().portfolio;
  const graded = (key: 'size' | 'complexity' | 'scalability'): Column<Row> => ({
    key,
    label: words[key],
    kind: 'number',
    by: (row) => row[key]?.value ?? 0,
    cell: (row) => <Graded grade={row[key]} />,
  });
  return [
    {
      key: 'rank',
      label: words.rank,
      kind: 'number',
      by: (row) => row.place,
      cell: (row) => (row.rank === null ? '–' : number(row.rank)),
    },
    {
      key: 'system',
      label: words.system,
      kind: 'name',
      by: (row) => row.system,
      cell: (row) => (
        <a
          href={href('assess')}
          lang={langOf(row.system)}
          data-tip={words.openRow}
          onClick={(event) => {
            event.preventDefault();
            open(row);
          }}
        >
          {row.system}
        </a>
      ),
    },
    {
      key: 'result',
      label: words.result,
      by: (row) => words.results[resultOf(row)],
      cell: (row) => <State level={levelOf(row)} word={words.results[resultOf(row)]} />,
    },
    figure('yes', words.yes, (row) => row.yes, number),
    {
      key: 'unknown',
      label: words.unknown,
      kind: 'number',
      by: (row) => row.unknown,
      tone: (row) => (row.unknown ? undefined : 'zero'),
      cell: (row) => number(row.unknown),
    },
    graded('size'),
    graded('complexity'),
    graded('scalability'),
    {
      key: 'score',
      label: words.score,
      kind: 'number',
      by: (row) => row.score ?? -1,
      cell: (row) => (row.score === null ? '–' : number(row.score)),
    },
  ];
}

function Graded(props: { grade: Grade | null }) {
  return (
    <Show when={props.grade} fallback="–">
      {(grade) => (
        <span data-tip={grade().estimated ? t().portfolio.estimated : undefined}>
          {number(grade().value)}
          {grade().estimated ? '*' : ''}
        </span>
      )}
    </Show>
  );
}
