import { createMemo, createResource, createSignal, For, Show } from 'solid-js';
import { revisions, rollBack } from '../../api/actions';
import type { ServiceStatus } from '../../api/types';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { moment } from '../../lib/time';
import { Loading } from '../Empty';
import { backTo } from './undo';
import { Confirm } from './Confirm';

/** Goes back to an earlier revision; the one before, unless another is chosen. */
export function RollbackDialog(props: { service: ServiceStatus; onClose: () => void }) {
  const name = () => props.service.name;
  const [all] = createResource(() => revisions(name()));
  const [chosen, setChosen] = createSignal<number>();
  const others = createMemo(() => {
    const read = all.error === undefined ? (all() ?? []) : [];
    return read.filter((revision) => revision.number !== props.service.revision).toReversed();
  });
  const to = () =>
    chosen() ?? others().find((revision) => revision.number < props.service.revision)?.number ?? others()[0]?.number;
  const wrong = () => {
    if (all.error !== undefined) return t().actions.failed(String((all.error as Error).message));
    return all.loading || to() !== undefined ? undefined : t().actions.noRevisions;
  };
  const confirm = async () => {
    const target = to();
    if (target === undefined) return;
    const before = props.service.revision;
    const { revision } = await rollBack(name(), target);
    notify({ severity: 'info', text: t().actions.rolledBack(name(), revision), undo: () => backTo(name(), before) });
  };
  return (
    <Confirm
      title={t().actions.rollbackTitle(name())}
      confirm={t().actions.rollback}
      wrong={wrong()}
      onConfirm={confirm}
      onClose={props.onClose}
    >
      <Show when={!all.loading} fallback={<Loading />}>
        <Show when={to()}>{(number) => <p>{t().actions.rollbackWill(number())}</p>}</Show>
        <fieldset class="revisions">
          <legend>{t().actions.chooseRevision}</legend>
          <For each={others()}>
            {(revision) => (
              <label>
                <input
                  type="radio"
                  name="revision"
                  checked={revision.number === to()}
                  onChange={() => setChosen(revision.number)}
                />
                <b>r{revision.number}</b>
                <span>{revision.reason}</span>
                <span class="muted">
                  {moment(revision.made_at / 1000)} · {revision.made_by}
                </span>
              </label>
            )}
          </For>
        </fieldset>
      </Show>
    </Confirm>
  );
}
