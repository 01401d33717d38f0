/** Which events belong together, and by which shape each is known. */
import type { Event, EventKind } from '../../api/types';

export const GROUPS = ['deploy', 'scale', 'failure', 'instance', 'platform'] as const;
export type Group = (typeof GROUPS)[number];
/** Coming and going of instances follows from the others. */
export const SHOWN_AT_FIRST: readonly Group[] = ['deploy', 'scale', 'failure', 'platform'];

const GROUP_OF: Record<EventKind, Group> = {
  rollout_started: 'deploy',
  rollout_finished: 'deploy',
  rollout_failed: 'deploy',
  rolled_back: 'deploy',
  scaled: 'scale',
  no_room: 'failure',
  crash_loop: 'failure',
  instance_exited: 'failure',
  instance_unhealthy: 'failure',
  instance_replaced: 'failure',
  config_refused: 'failure',
  gateway_lost: 'failure',
  instance_started: 'instance',
  instance_ready: 'instance',
  instance_removed: 'instance',
  service_ended: 'platform',
  platform_started: 'platform',
  platform_stopped: 'platform',
  platform_recovered: 'platform',
  config_applied: 'platform',
  gateway_started: 'platform',
  upgraded: 'platform',
  alert_opened: 'failure',
  alert_resolved: 'platform',
  receiver_closed: 'failure',
};

export function groupOf(event: Event): Group {
  // An instance that ended as it was told to is no failure.
  if (event.kind === 'instance_exited' && event.severity === 'info') return 'instance';
  return GROUP_OF[event.kind] ?? 'platform';
}

/** The kinds to ask for: those that may be shown, and those that the line of wanted instances is drawn by. */
export function kindsOf(groups: readonly Group[]): EventKind[] {
  const always: readonly EventKind[] = ['scaled', 'instance_exited'];
  return (Object.keys(GROUP_OF) as EventKind[]).filter(
    (kind) => always.includes(kind) || groups.includes(GROUP_OF[kind]),
  );
}

/** More to be looked at than others, when several are at one place. */
export function rank(event: Event): number {
  const group = groupOf(event);
  const byGroup = { failure: 3, deploy: 2, scale: 1, platform: 0, instance: -1 }[group];
  return byGroup + (event.severity === 'error' ? 10 : event.severity === 'warning' ? 5 : 0);
}

export type Shape = 'up' | 'down' | 'deploy' | 'done' | 'back' | 'cross' | 'dot' | 'square';

export function shapeOf(event: Event): Shape {
  switch (event.kind) {
    case 'scaled':
      return (change(event) ?? 1) < 0 ? 'down' : 'up';
    case 'rollout_started':
      return 'deploy';
    case 'rollout_finished':
      return 'done';
    case 'rolled_back':
      return 'back';
    case 'rollout_failed':
      return 'cross';
    default:
      return { failure: 'cross', instance: 'dot', platform: 'square', deploy: 'deploy', scale: 'up' }[
        groupOf(event)
      ] as Shape;
  }
}

/** By how many instances a decision changed the number; `undefined` when it does not say. */
export function change(event: Event): number | undefined {
  return event.decision && event.decision.to - event.decision.from;
}

export type Tone = 'bad' | 'warn' | 'busy' | 'good' | 'plain';

export function toneOf(event: Event): Tone {
  if (event.severity === 'error') return 'bad';
  if (event.severity === 'warning') return 'warn';
  if (event.kind === 'rollout_finished') return 'good';
  return { deploy: 'busy', scale: 'good', failure: 'warn', instance: 'plain', platform: 'plain' }[
    groupOf(event)
  ] as Tone;
}
