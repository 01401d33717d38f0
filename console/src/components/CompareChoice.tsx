import { Show } from 'solid-js';
import { serverNow } from '../api/clock';
import { before, BEFORE, since } from '../lib/compare';
import { t } from '../lib/i18n';
import { params, setParam } from '../lib/route';

/** With which other time what is shown is compared; kept in the address. `end`: where the view ends; none: now. */
export function CompareChoice(props: { end?: number | undefined }) {
  const words = () => t().compare;
  const chosen = () => params().get('vs') ?? '';
  const other = () => chosen() !== '' && !(chosen() in BEFORE);
  const end = () => props.end ?? Math.floor(serverNow());
  return (
    <span class="compare">
      <label class="tm-field" data-tip={words().tip}>
        <span>{words().title}</span>
        <select
          class="field"
          onChange={(event) => {
            const { value } = event.currentTarget;
            setParam('vs', value === 'other' ? String(7200) : value || undefined);
          }}
        >
          <option value="" selected={chosen() === ''}>
            {words().none}
          </option>
          <option value="1h" selected={chosen() === '1h'}>
            {words().hour}
          </option>
          <option value="1d" selected={chosen() === '1d'}>
            {words().day}
          </option>
          <option value="7d" selected={chosen() === '7d'}>
            {words().week}
          </option>
          <option value="other" selected={other()}>
            {words().other}
          </option>
        </select>
      </label>
      <Show when={other()}>
        <input
          class="field"
          type="datetime-local"
          aria-label={words().until}
          data-tip={words().until}
          max={local(end())}
          value={local(end() - (before(chosen()) ?? 0))}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value).getTime() / 1000;
            const vs = Number.isFinite(at) ? since(end(), at) : undefined;
            if (vs) setParam('vs', vs);
          }}
        />
      </Show>
    </span>
  );
}

/** What is compared with, in words: the same time yesterday, 2 hours before. */
export function comparedWith(text: string | null): string {
  const words = t().compare;
  if (text === '1h') return words.hour;
  if (text === '1d') return words.day;
  if (text === '7d') return words.week;
  return words.other;
}

/** As a field of date and time has it, of the clock on the wall. */
function local(at: number): string {
  const date = new Date(at * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
