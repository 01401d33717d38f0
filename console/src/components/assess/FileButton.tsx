/** A button that opens a file of this computer. */
export function FileButton(props: {
  label: string;
  accept: string;
  tip?: string;
  primary?: boolean;
  onFile: (file: File) => void;
}) {
  return (
    <label class="button file" classList={{ primary: props.primary ?? false }} data-tip={props.tip}>
      {props.label}
      <input
        class="hidden-visually"
        type="file"
        accept={props.accept}
        aria-label={props.label}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // The same file can be chosen again.
          event.currentTarget.value = '';
          if (file) props.onFile(file);
        }}
      />
    </label>
  );
}
