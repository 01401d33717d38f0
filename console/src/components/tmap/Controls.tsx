/** What is shown, over how long, and up to which response time. All of it is kept in the address. */
import { For } from 'solid-js';
import { Choices } from '../Choices';
import { seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { setParams } from '../../lib/route';
import { SpanChoice } from './SpanChoice';
import { SubjectChoice } from './SubjectChoice';
import { CompareChoice } from '../CompareChoice';
import { TOPS, type View } from './view';

export function Controls(props: { view: View }) {
  return (
    <div class="tm-controls">
      <SubjectChoice
        value={props.view.subject}
        onChoose={(subject) => setParams({ subject: subject === 'all' ? undefined : subject, sel: undefined })}
      />
      <SpanChoice view={props.view} />
      <div class="tm-group tm-height">
        <label class="tm-field" data-tip={t().tmap.topTip}>
          <span>{t().tmap.top}</span>
          <select class="field" onChange={(event) => setParams({ top: event.currentTarget.value || undefined })}>
            <option value="" selected={props.view.top === undefined}>
              {t().tmap.auto}
            </option>
            <For each={TOPS}>
              {(top) => (
                <option value={top} selected={props.view.top === top}>
                  {top < 1 ? seconds(top) : `${top} s`}
                </option>
              )}
            </For>
          </select>
        </label>
        <Choices
          label={t().tmap.scale}
          options={[
            { value: 'linear', label: t().tmap.linear },
            { value: 'log', label: t().tmap.log },
          ]}
          value={props.view.log ? 'log' : 'linear'}
          onChoose={(scale) => setParams({ y: scale === 'log' ? 'log' : undefined })}
        />
        <label class="tm-field" data-tip={t().tmap.shadeTip}>
          <span>{t().tmap.shade}</span>
          <select
            class="field"
            onChange={(event) => setParams({ shade: event.currentTarget.value === 'root' ? 'root' : undefined })}
          >
            <option value="log" selected={props.view.shade === 'log'}>
              {t().tmap.shadeLog}
            </option>
            <option value="root" selected={props.view.shade === 'root'}>
              {t().tmap.shadeRoot}
            </option>
          </select>
        </label>
        <CompareChoice end={props.view.end} />
      </div>
    </div>
  );
}
