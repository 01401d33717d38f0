/** Log lines, each with its place: its service, its instance, its trace. */
import { createSignal, For, Show } from 'solid-js';
import type { LogLine } from '../../api/traces';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { exact } from '../../lib/time';
import { PlainTable } from '../data/PlainTable';
import { State } from '../data/State';
import { Pairs } from './Pairs';
import { pairs, severityLevel, severityNamed } from './words';

/** `within`: the trace that they are all of, where no link to it is needed. */
export function LogTable(props: { label: string; lines: readonly LogLine[]; within?: string }) {
  return (
    <PlainTable
      class="logs"
      label={props.label}
      head={[t().logs.at, t().logs.severity, t().tmap.columns.service, t().logs.body]}
    >
      <For each={props.lines}>{(line) => <Line line={line} within={props.within} />}</For>
    </PlainTable>
  );
}

function Line(props: { line: LogLine; within: string | undefined }) {
  const [open, setOpen] = createSignal(false);
  const { line } = props;
  const more = pairs(line.attributes);
  return (
    <tr class={severityLevel(line.severity)}>
      <td class="mono when">{exact(line.at / 1000)}</td>
      <td>
        <Show when={severityNamed(line.severity)} fallback="–">
          <State level={severityLevel(line.severity)} word={severityNamed(line.severity)} />
        </Show>
      </td>
      <td class="who">
        <Show when={line.instance} fallback={line.service}>
          <a href={href('instance', line.instance)}>{line.instance}</a>
        </Show>
      </td>
      <td class="body">
        <pre>{line.body}</pre>
        <span class="more">
          <Show when={line.trace_id && line.trace_id !== props.within}>
            <a href={href('trace', line.trace_id, { span: line.span_id || undefined })}>{t().nav.trace}</a>
          </Show>
          <Show when={line.span_id && line.trace_id === props.within}>
            <a href={href('trace', line.trace_id, { span: line.span_id })}>{t().logs.span}</a>
          </Show>
          <Show when={more.length > 0 || line.scope}>
            <button class="button plain" aria-expanded={open()} onClick={() => setOpen(!open())}>
              {t().logs.more}
            </button>
          </Show>
        </span>
        <Show when={open()}>
          <Pairs rows={[['scope', line.scope] as [string, string], ...more].filter(([, value]) => value)} />
        </Show>
      </td>
    </tr>
  );
}
