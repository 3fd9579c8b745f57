/** Round marks just ahead of an amount: a road is drawn up to the next of them. */

import { number } from "./units";

export interface Milestone {
  /** The part of the way to the mark, 0 to 1. */
  part: number;
  /** The mark in words. */
  text: string;
}

const FOOT_M = 0.3048;
const MILE_M = 1609.344;
const TIMES = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400];

/** The next mark on a road, in the units that the words beside it use. */
export function wayMark(metres: number, words: string): Milestone {
  const customary = /\b(inch|inches|foot|feet|miles?)\b/.exec(words)?.[1];
  if (!customary) {
    const mark = round125(metres);
    return { part: metres / mark, text: plain(mark, "m") };
  }
  const size = customary.startsWith("mile") ? MILE_M : FOOT_M;
  const mark = round125(metres / size);
  const name = size === MILE_M ? "mi" : "ft";
  return { part: metres / size / mark, text: `${Number(mark.toPrecision(1))} ${name}` };
}

/** The next mark of a time. */
export function timeMark(seconds: number): Milestone {
  const mark =
    TIMES.find((time) => seconds < time && seconds >= 0.5) ??
    (seconds < 0.5 ? round125(seconds) : round125(seconds / 86400) * 86400);
  return { part: seconds / mark, text: plain(mark, "s") };
}

/** The least of ..., 1, 2, 5, 10, ... that is more than the amount. */
export function round125(amount: number): number {
  if (!(amount > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(amount));
  return [1, 2, 5, 10].map((step) => step * ten).find((mark) => mark > amount) ?? 20 * ten;
}

/** `2.00 km` is `2 km` on a signpost. */
function plain(amount: number, unit: string): string {
  const [value = "", name = ""] = number(amount, unit).split(" ");
  return `${Number(value)} ${name}`;
}
