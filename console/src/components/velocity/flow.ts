/**
 * Requests on their way through one instance. By Little's law a request stays for (in flight / rate) seconds; that is too fast
 * for eyes when instances are well, so both are drawn at a pace that eyes can follow: as many marks as there are requests in
 * flight where there is room, the quicker the more are answered of each.
 */
import type { InstanceStatus } from '../../api/types';
import type { Kind } from './sprites';

export interface Particle {
  /** 0 where the lane begins, 1 where it ends. */
  x: number;
  /** Off the lane's middle, in shares of its height. */
  y: number;
  kind: Kind;
}

export interface Lane {
  particles: Particle[];
  /** Particles a second. */
  spawn: number;
  /** Seconds from one end to the other. */
  stay: number;
  /** What has come of the next particle. */
  due: number;
  /** How bright the flash of an error is, 1 to 0. */
  flash: number;
  meanSeconds: number;
  errorRatio: number;
  inFlight: number;
}

/** Marks on one lane beyond which it is a bar anyhow. */
const MOST = 48;
const MOST_A_SECOND = 24;
const SHORTEST_STAY = 0.7;
const LONGEST_STAY = 14;
const FLASH_SECONDS = 0.5;

export function lane(): Lane {
  return {
    particles: [],
    spawn: 0,
    stay: 1,
    due: Math.random(),
    flash: 0,
    meanSeconds: 0,
    errorRatio: 0,
    inFlight: 0,
  };
}

/** Takes what is known of the instance now. */
export function aim(into: Lane, instance: InstanceStatus): void {
  const inFlight = Math.max(instance.in_flight, instance.requests_per_second * instance.mean_seconds);
  const marks = Math.min(inFlight, MOST);
  into.inFlight = instance.in_flight;
  into.meanSeconds = instance.mean_seconds;
  into.errorRatio = instance.error_ratio;
  into.spawn = Math.min(instance.requests_per_second, MOST_A_SECOND);
  into.stay = clamp(into.spawn > 0 ? marks / into.spawn : LONGEST_STAY, SHORTEST_STAY, LONGEST_STAY);
  // Requests that hang are seen too, where nothing is answered.
  if (into.spawn === 0) {
    into.stay = LONGEST_STAY;
    into.spawn = marks / LONGEST_STAY;
  }
}

/** Moves everything on by `seconds`. */
export function advance(on: Lane, seconds: number, target: number): void {
  const step = seconds / on.stay;
  let kept = 0;
  for (const particle of on.particles) {
    particle.x += step;
    if (particle.x < 1) {
      on.particles[kept] = particle;
      kept += 1;
    } else if (particle.kind === 'error') {
      on.flash = 1;
    }
  }
  on.particles.length = kept;
  on.flash = Math.max(0, on.flash - seconds / FLASH_SECONDS);
  on.due += on.spawn * seconds;
  while (on.due >= 1) {
    on.due -= 1 + (Math.random() - 0.5) * 0.6;
    if (kept < MOST) {
      on.particles.push({ x: Math.random() * step, y: (Math.random() - 0.5) * 0.5, kind: kind(on, target) });
      kept += 1;
    }
  }
}

/** Response times are taken as exponentially distributed round the instance's mean. */
function kind(of: Lane, target: number): Kind {
  if (Math.random() < of.errorRatio) return 'error';
  return zone(-of.meanSeconds * Math.log(1 - Math.random()), target);
}

/** The zone of Apdex that a response time falls into. */
export function zone(seconds: number, target: number): Kind {
  if (seconds <= target) return 'fast';
  return seconds <= target * 4 ? 'tolerating' : 'slow';
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
