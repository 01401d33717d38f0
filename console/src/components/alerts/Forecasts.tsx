/** What the figures of somebody are about to reach, where naru is sure enough to say so; and its open alerts. */
import { For, Show } from 'solid-js';
import { alertsOf, forecastsOf } from '../../api/alerts';
import { shown } from '../../lib/figure';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { Mark } from '../Mark';
import { aheadText, figureNamed } from './words';
import './alerts.css';

export function Forecasts(props: { owner: string }) {
  const open = () => alertsOf(props.owner);
  /** What an open alert says already is not said again. */
  const ahead = () =>
    forecastsOf(props.owner).filter((one) => !open().some((alert) => alert.ahead && alert.figure === one.figure));
  return (
    <Show when={open().length + ahead().length > 0}>
      <section class="panel standing" aria-label={t().alerts.openAlerts(String(open().length))}>
        <ul>
          <For each={open()}>
            {(alert) => (
              <li>
                <Mark level={alert.severity === 'critical' ? 'bad' : 'warn'} />
                <a href={href('alerts', '', { alert: String(alert.id) })}>
                  {figureNamed(alert.figure)}{' '}
                  {alert.ahead
                    ? aheadText(alert.figure, alert.threshold, alert.ahead)
                    : shown(alert.figure, alert.value)}
                </a>
                <span class="muted mono">{alert.when}</span>
              </li>
            )}
          </For>
          <For each={ahead()}>
            {(one) => (
              <li>
                <Mark level="warn" />
                <span>
                  {figureNamed(one.figure)} {shown(one.figure, one.value)} ·{' '}
                  {aheadText(one.figure, one.threshold, one.ahead!)}
                </span>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
