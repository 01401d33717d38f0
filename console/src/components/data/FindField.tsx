import { t } from '../../lib/i18n';
import { params, setParam } from '../../lib/route';

/** Whether any of these has what somebody wrote into the field. */
export function finds(words: readonly (string | null | undefined)[]): boolean {
  return words
    .join('\n')
    .toLowerCase()
    .includes(params().get('find')?.toLowerCase() ?? '');
}

/** Narrows a list down by what somebody writes, which the address keeps. */
export function FindField(props: { hint: string; param?: string }) {
  const param = () => props.param ?? 'find';
  return (
    <label class="found">
      <span>{t().data.find}</span>
      <input
        class="field"
        type="search"
        placeholder={props.hint}
        value={params().get(param()) ?? ''}
        onInput={(event) => setParam(param(), event.currentTarget.value || undefined)}
      />
    </label>
  );
}
