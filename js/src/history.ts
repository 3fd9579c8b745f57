/** The power of the running cell so far: kept with the model, so that every view of it agrees. */

import type { Progress } from "./wire";

export interface Moment {
  at: number;
  parts: [string, number][];
  /** All parts together, as the kernel says it. */
  watts: number;
}

/** Points that are kept; when there are more, neighbours are joined to their mean. */
const MOST = 240;

export class History {
  span = "";
  moments: Moment[] = [];
  /** The highest power of this span that was shown (W): joined moments do not keep it. */
  peak = 0;
  /** When the last update came, on the browser's clock (ms), and what it said (s). */
  heardAt: number | null = null;
  elapsed = 0;

  /** Takes one update. */
  add(progress: Progress, now: number): void {
    if (progress.span_id !== this.span) {
      this.span = progress.span_id;
      this.moments = [];
      this.peak = 0;
    }
    this.peak = Math.max(this.peak, progress.power_w ?? 0);
    this.heardAt = now;
    this.elapsed = progress.elapsed_s;
    const parts = powers(progress);
    const last = this.moments.at(-1);
    if (parts.length === 0 || (last && last.at >= progress.elapsed_s)) return;
    const watts = progress.power_w ?? parts.reduce((sum, [, part]) => sum + part, 0);
    this.moments.push({ at: progress.elapsed_s, parts, watts });
    if (this.moments.length > MOST) this.moments = halved(this.moments);
  }

  /** The seconds since the start, running on when the kernel is silent. */
  now(now: number): number {
    return this.elapsed + this.silence(now);
  }

  /** The seconds since the last update. */
  silence(now: number): number {
    return this.heardAt === null ? 0 : Math.max(0, (now - this.heardAt) / 1000);
  }
}

/** The power by component, or as one where only the whole is known. */
export function powers(progress: Progress): [string, number][] {
  if (progress.power_by_component.length > 0) return progress.power_by_component;
  return progress.power_w === null ? [] : [["power", progress.power_w]];
}

function halved(moments: Moment[]): Moment[] {
  const half: Moment[] = [];
  for (let index = 0; index + 1 < moments.length; index += 2) {
    const [first, second] = [moments[index], moments[index + 1]];
    if (first && second) half.push(joined(first, second));
  }
  return half;
}

function joined(first: Moment, second: Moment): Moment {
  const before = new Map(first.parts);
  return {
    at: second.at,
    watts: (first.watts + second.watts) / 2,
    parts: second.parts.map(([name, watts]) => [name, (watts + (before.get(name) ?? watts)) / 2]),
  };
}
