/** Fields of a search; what is in them is kept in the address. */
import { For, type JSX } from 'solid-js';
import { status } from '../api/live';
import { t } from '../lib/i18n';
import { params, setParam } from '../lib/route';
import '../styles/search.css';

export function SearchBar(props: { label: string; children: JSX.Element }) {
  return (
    <form class="search" role="search" aria-label={props.label} onSubmit={(event) => event.preventDefault()}>
      {props.children}
    </form>
  );
}

/** A text that is asked for when it is complete. */
export function TextField(props: {
  param: string;
  label: string;
  tip?: string;
  type?: 'text' | 'number';
  wide?: boolean;
  narrow?: boolean;
}) {
  return (
    <label class="tm-field" data-tip={props.tip}>
      <span>{props.label}</span>
      <input
        class="field"
        classList={{ wide: props.wide ?? false, narrow: props.narrow ?? false }}
        type={props.type ?? 'text'}
        min="0"
        step="any"
        value={params().get(props.param) ?? ''}
        onChange={(event) => setParam(props.param, event.currentTarget.value.trim() || undefined)}
      />
    </label>
  );
}

export function SelectField(props: {
  param: string;
  label: string;
  options: readonly { value: string; label: string }[];
}) {
  return (
    <label class="tm-field">
      <span>{props.label}</span>
      <select class="field" onChange={(event) => setParam(props.param, event.currentTarget.value || undefined)}>
        <For each={props.options}>
          {({ value, label }) => (
            <option value={value} selected={(params().get(props.param) ?? '') === value}>
              {label}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}

export function CheckField(props: { param: string; label: string }) {
  return (
    <label class="tm-check">
      <input
        type="checkbox"
        checked={params().get(props.param) === '1'}
        onChange={(event) => setParam(props.param, event.currentTarget.checked ? '1' : undefined)}
      />
      {props.label}
    </label>
  );
}

/** naru's services, and the one in the address when it is none of them: spans also come from elsewhere. */
export function ServiceField(props: { more?: readonly string[] }) {
  const options = () => {
    const chosen = params().get('service');
    const names = [...(status()?.services ?? []).map((one) => one.name), ...(props.more ?? [])];
    const all = [...new Set([...names, ...(chosen ? [chosen] : [])])].sort();
    return [{ value: '', label: t().traces.anyService }, ...all.map((name) => ({ value: name, label: name }))];
  };
  return <SelectField param="service" label={t().traces.service} options={options()} />;
}
