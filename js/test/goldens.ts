/** What tests/reports/build.py made with the Python nouns. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Progress, Quantity, Session } from "../src/wire";

function read(path: string): unknown {
  return JSON.parse(readFileSync(resolve("../tests/reports", path), "utf8"));
}

export const frame = (name: string) => read(`widget/frame-${name}.json`) as Progress;
export const session = () => read("widget/session.json") as Session;
export const report = (name: string) =>
  read(`${name}.json`) as { footprint: { co2e: Quantity }; energy: { kernel: Quantity } };

export type Words =
  | { number: number; unit: string; text: string }
  | { quantity: Quantity; amount: string; interval: string }
  | { seconds: number; text: string }
  | { part: number; text: string };

export const words = () => read("widget/words.json") as Words[];
