import { createSignal, Show } from 'solid-js';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { FileButton } from './FileButton';
import { findingsOf } from './log';
import { Said } from './Said';
import { log, setLog } from './state';

/** The system's access log, as evidence. */
export function LogPanel() {
  const words = () => t().assess;
  const [reading, setReading] = createSignal<string>();
  const [trouble, setTrouble] = createSignal<string>();
  const open = async (file: File) => {
    setReading(file.name);
    setTrouble(undefined);
    try {
      setLog({ name: file.name, findings: await findingsOf(file) });
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      setReading(undefined);
    }
  };
  return (
    <section class="panel" aria-label={words().log}>
      <div class="panel-head">
        <h2>{words().log}</h2>
        <span class="note">{words().logHint}</span>
      </div>
      <div class="log-file">
        <Show when={reading()}>{(name) => <p role="status">{words().logReading(name())}</p>}</Show>
        <Show when={!reading() && log()}>
          {(file) => (
            <p class="log-told" role="status">
              <strong>{file().name}</strong>{' '}
              {words().logTold(
                number(file().findings.period?.days ?? 0),
                number(file().findings.volume.requests),
                number(file().findings.users.median_day),
                number(file().findings.functions.length),
              )}
              <Show when={file().findings.sources.broken > 0}>
                {' '}
                {words().logBroken(number(file().findings.sources.broken), number(file().findings.sources.lines))}
              </Show>
            </p>
          )}
        </Show>
        <Said title={words().logTrouble} why={trouble()} />
        <div class="buttons">
          <FileButton
            label={log() ? words().logOther : words().logOpen}
            accept=".json,.log,.txt,.gz,*/*"
            tip={words().logTip}
            onFile={(file) => void open(file)}
          />
          <Show when={log()}>
            <button class="button plain" onClick={() => setLog(undefined)}>
              {words().logRemove}
            </button>
          </Show>
        </div>
      </div>
    </section>
  );
}
