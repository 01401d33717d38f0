import type { JSX } from 'solid-js';
import { staleFor } from '../../api/live';
import { may, session } from '../../api/session';
import type { Role } from '../../api/types';
import { t } from '../../lib/i18n';

/** A button for those who may. Others see that it is there, and why not for them. */
export function Guarded(props: {
  role: Role;
  plain?: boolean;
  /** Why nobody may, whatever their role. */
  never?: string | undefined;
  /** What a screen reader is told beyond the words on it. */
  label?: string;
  onPress: () => void;
  children: JSX.Element;
}) {
  const refusal = () => {
    if (props.never) return props.never;
    if (staleFor() !== undefined) return t().actions.notLive;
    const role = t().app.role[session()?.role ?? 'viewer'];
    return may(props.role) ? undefined : t().data.notAllowed(role, t().app.role[props.role]);
  };
  return (
    <button
      class="button"
      classList={{ refused: refusal() !== undefined, plain: props.plain ?? false }}
      aria-disabled={refusal() !== undefined}
      aria-label={props.label}
      data-tip={refusal()}
      onClick={() => {
        if (refusal() === undefined) props.onPress();
      }}
    >
      {props.children}
    </button>
  );
}
