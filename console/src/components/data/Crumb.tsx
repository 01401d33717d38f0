import { t } from '../../lib/i18n';

/** Where one is: the page it was found on, and what it is. */
export function Crumb(props: { to: string; from: string; here: string; mono?: boolean }) {
  return (
    <nav class="crumb" aria-label={t().data.where}>
      <a href={props.to}>{props.from}</a>
      <span aria-hidden="true">›</span>
      <span class={props.mono ? 'mono' : undefined}>{props.here}</span>
    </nav>
  );
}
