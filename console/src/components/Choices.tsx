import { For } from 'solid-js';

/** One of a few, side by side. */
export function Choices(props: {
  label: string;
  options: readonly { value: string; label: string }[];
  value: string;
  onChoose: (value: string) => void;
}) {
  return (
    <div class="choices" role="group" aria-label={props.label}>
      <For each={props.options}>
        {(option) => (
          <button aria-pressed={option.value === props.value} onClick={() => props.onChoose(option.value)}>
            {option.label}
          </button>
        )}
      </For>
    </div>
  );
}
