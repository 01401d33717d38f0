import { t } from '../../lib/i18n';

/** Takes a table along as a file. `address` is read at the press, so that the file ends then. */
export function Csv(props: { address: () => string; name: string }) {
  return (
    <a
      class="button plain"
      href={props.address()}
      download={`${props.name.replace(/[^\p{L}\p{N}._-]+/gu, '-')}.csv`}
      data-tip={t().data.csvTip}
      onClick={(event) => (event.currentTarget.href = props.address())}
    >
      CSV
    </a>
  );
}
