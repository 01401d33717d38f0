/** Over how long, live or up to when. All of it is kept in the address. */
import { Show } from 'solid-js';
import { Choices } from '../Choices';
import { t } from '../../lib/i18n';
import { setParams } from '../../lib/route';
import { serverNow } from '../../api/clock';
import { dayNamed, RANGES, type RangeKey, type View } from './view';

/** Nothing of the span that was chosen before. */
const NO_SPAN = { day: undefined, from: undefined, to: undefined };

/** `least`: the shortest span that is offered, in seconds. */
export function SpanChoice(props: { view: View; least?: number }) {
  const live = () => props.view.end === undefined;
  const zoomed = () => !live() && props.view.day === undefined && props.view.seconds !== RANGES[props.view.range];
  const shift = (turns: number) => {
    const { view } = props;
    const end = (view.end ?? Math.floor(serverNow())) + turns * view.seconds;
    if (view.day) setParams({ ...NO_SPAN, day: dayNamed(end - view.seconds / 2) });
    else if (end >= serverNow()) setParams(NO_SPAN);
    else setParams({ ...NO_SPAN, from: zoomed() ? String(end - view.seconds) : undefined, to: String(end) });
  };

  return (
    <div class="tm-group">
      <Choices
        label={t().tmap.range}
        options={(Object.keys(RANGES) as RangeKey[])
          .filter((value) => RANGES[value] >= (props.least ?? 0))
          .map((value) => ({ value, label: t().tmap.ranges[value] }))}
        value={props.view.day || zoomed() ? '' : props.view.range}
        onChoose={(range) => setParams({ ...NO_SPAN, range })}
      />
      <label class="tm-field" data-tip={t().tmap.dayTip}>
        <span>{t().tmap.day}</span>
        <input
          class="field"
          type="date"
          max={dayNamed(serverNow())}
          value={props.view.day ?? ''}
          onChange={(event) => setParams({ ...NO_SPAN, day: event.currentTarget.value || undefined })}
        />
      </label>
      <button class="icon-button" aria-label={t().tmap.earlier} data-tip={t().tmap.earlier} onClick={() => shift(-1)}>
        ‹
      </button>
      <button
        class="icon-button"
        aria-label={t().tmap.later}
        data-tip={t().tmap.later}
        disabled={live()}
        onClick={() => shift(1)}
      >
        ›
      </button>
      <Show
        when={live()}
        fallback={
          <button class="button primary" onClick={() => setParams(NO_SPAN)}>
            {t().tmap.resume}
          </button>
        }
      >
        <button
          class="button"
          data-tip={t().tmap.pauseTip}
          onClick={() => setParams({ to: String(Math.floor(serverNow()) - 1) })}
        >
          {t().tmap.pause}
        </button>
      </Show>
    </div>
  );
}
