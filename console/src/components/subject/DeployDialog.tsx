import { createMemo, createSignal } from 'solid-js';
import { deploy } from '../../api/actions';
import type { ServiceStatus } from '../../api/types';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { backTo } from './undo';
import { Confirm } from './Confirm';

/** Makes a new revision, with variables on top when they are given. */
export function DeployDialog(props: { service: ServiceStatus; onClose: () => void }) {
  const [text, setText] = createSignal('');
  const env = createMemo(() => parsed(text()));
  const name = () => props.service.name;
  const wrong = () => {
    const read = env();
    return typeof read === 'string' ? t().actions.envWrong(read) : undefined;
  };
  const confirm = async () => {
    const read = env();
    if (typeof read === 'string') return;
    const before = props.service.revision;
    const { revision } = await deploy(name(), read);
    notify({ severity: 'info', text: t().actions.deployed(name(), revision), undo: () => backTo(name(), before) });
  };
  return (
    <Confirm
      title={t().actions.deployTitle(name())}
      confirm={t().actions.deploy}
      wrong={wrong()}
      onConfirm={confirm}
      onClose={props.onClose}
    >
      <p>{t().actions.deployWill(props.service.revision + 1, props.service.revision)}</p>
      <label class="row">
        <span>{t().actions.env}</span>
        <textarea
          class="field mono"
          rows="3"
          placeholder="RELEASE=2"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class="muted">{t().actions.envHint}</span>
      </label>
    </Confirm>
  );
}

/** Variables by name, or the line that is none. */
function parsed(text: string): Record<string, string> | string {
  const env: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (!match?.[1]) return line.trim();
    env[match[1]] = match[2] ?? '';
  }
  return env;
}
