/** Numbers for people: the same words as show/_units.py, proved by shared goldens. */

import type { Quantity } from "./wire";

type Step = readonly [from: number, size: number, name: string];

// Watt-hours begin at a hundredth (36 J): below, joules read better.
const SCALES: Record<string, readonly Step[]> = {
  J: [
    [3.6e12, 3.6e12, "GWh"],
    [3.6e9, 3.6e9, "MWh"],
    [3.6e6, 3.6e6, "kWh"],
    [36, 3600, "Wh"],
    [1, 1, "J"],
    [1e-3, 1e-3, "mJ"],
    [0, 1e-6, "µJ"],
  ],
  g: [
    [1e6, 1e6, "t"],
    [1e3, 1e3, "kg"],
    [1, 1, "g"],
    [1e-3, 1e-3, "mg"],
    [1e-6, 1e-6, "µg"],
    [0, 1e-9, "ng"],
  ],
  L: [
    [1e3, 1e3, "m³"],
    [1, 1, "L"],
    [1e-3, 1e-3, "mL"],
    [0, 1e-6, "µL"],
  ],
  W: [
    [1e6, 1e6, "MW"],
    [1e3, 1e3, "kW"],
    [1, 1, "W"],
    [0, 1e-3, "mW"],
  ],
  m: [
    [1e3, 1e3, "km"],
    [1, 1, "m"],
    [1e-2, 1e-2, "cm"],
    [0, 1e-3, "mm"],
  ],
  s: [
    [86400, 86400, "d"],
    [3600, 3600, "h"],
    [60, 60, "min"],
    [1, 1, "s"],
    [1e-3, 1e-3, "ms"],
    [0, 1e-6, "µs"],
  ],
  "1": [[0, 1, ""]],
};
const DIGITS = 3;
const MOST_DIGITS = 6;

/** A quantity as words, rounded alike in one unit. */
export interface Shown {
  amount: string;
  interval: string;
}

/** A quantity in the unit that fits its size, with the digits that its interval deserves. */
export function shown(quantity: Quantity): Shown {
  const [size, name] = scale(quantity.value || quantity.high, quantity.unit);
  const [low, value, high] = [quantity.low / size, quantity.value / size, quantity.high / size];
  let texts: string[] = [];
  for (let digits = DIGITS; digits <= MOST_DIGITS; digits++) {
    const places = decimals(value, (high - low) / 2, digits);
    texts = [low, value, high].map((number) => fixed(number, places, digits));
    if (quantity.low === quantity.high || texts[0] !== texts[2]) break;
  }
  const exact = texts[0] === texts[1] && texts[1] === texts[2];
  return {
    amount: `${texts[1]} ${name}`.trim(),
    interval: exact ? "exact" : `${texts[0]}–${texts[2]}`,
  };
}

/** The factor and the name of the unit that fits a size given in a unit of the model. */
export function scale(size: number, unit: string): [number, string] {
  const steps = SCALES[unit];
  if (!steps) return [1, unit];
  // Rounded first, so that 999.6 mg becomes 1 g and not "1000 mg".
  const about = Math.abs(Number(size.toPrecision(DIGITS)));
  const [, factor, name] = steps.find(([from]) => about >= from) ?? [0, 1, unit];
  return [factor, name];
}

/** A bare number in the unit that fits. */
export function number(value: number, unit = "1", digits = DIGITS): string {
  const [size, name] = scale(value, unit);
  return `${fixed(value / size, MOST_DIGITS + 6, digits)} ${name}`.trim();
}

/** `850 ms`, `3.2 s`, `4 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 59.95)
    return number(seconds, "s", seconds >= 0.9995 && seconds < 9.95 ? 2 : DIGITS);
  if (seconds >= 86400 - 1800) return pair(seconds, 86400, 3600, "d", "h");
  if (seconds >= 3600 - 30) return pair(seconds, 3600, 60, "h", "min");
  return pair(seconds, 60, 1, "min", "s");
}

/** Elapsed time that is looked at while it runs: no unit changes under a second. */
export function running(seconds: number): string {
  return seconds < 59.95 ? `${seconds.toFixed(1)} s` : duration(Math.floor(seconds));
}

/** `71 %`, `0.4 %`, `<0.1 %`. */
export function percent(part: number): string {
  const hundred = 100 * part;
  if (hundred > 0 && hundred < 0.1) return "<0.1 %";
  return hundred > 0 && hundred < 0.95 ? `${hundred.toFixed(1)} %` : `${Math.round(hundred)} %`;
}

function pair(seconds: number, large: number, small: number, long: string, short: string): string {
  const all = Math.round(seconds / small);
  const whole = Math.floor(all / (large / small));
  const rest = all % (large / small);
  return rest ? `${whole} ${long} ${rest} ${short}` : `${whole} ${long}`;
}

function decimals(value: number, halfWidth: number, digits: number): number {
  let wanted = digits - 1 - magnitude(value);
  if (halfWidth > 0) wanted = Math.min(wanted, digits - 2 - magnitude(halfWidth));
  return value ? Math.max(wanted, 1 - magnitude(value)) : wanted;
}

function magnitude(value: number): number {
  return value ? Math.floor(Math.log10(Math.abs(value))) : 0;
}

/** `value` at so many decimals, and at most so many significant digits. */
function fixed(value: number, decimalPlaces: number, digits: number): string {
  if (value === 0) return "0";
  const places = Math.min(decimalPlaces, digits - 1 - magnitude(Number(value.toPrecision(digits))));
  const text =
    places >= 0 ? value.toFixed(Math.min(places, 100)) : String(tens(value, 10 ** -places));
  return Number(text) === 0 ? "0" : text;
}

function tens(value: number, step: number): number {
  return Math.round(value / step) * step;
}
