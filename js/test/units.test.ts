import { expect, test } from "vitest";
import { duration, number, percent, running, shown } from "../src/units";
import { report, words } from "./goldens";

test("Python and TypeScript put every number into the same words", () => {
  for (const row of words()) {
    if ("quantity" in row) {
      const { amount, interval } = row;
      expect(shown(row.quantity), JSON.stringify(row)).toEqual({ amount, interval });
    } else if ("number" in row) expect(number(row.number, row.unit)).toBe(row.text);
    else if ("seconds" in row) expect(duration(row.seconds)).toBe(row.text);
    else expect(percent(row.part)).toBe(row.text);
  }
});

test("a golden report reads as its Python summary does", () => {
  expect(shown(report("gpu").footprint.co2e)).toEqual({ amount: "1.55 g", interval: "1.20–1.92" });
  expect(shown(report("tiny").energy.kernel).amount).toBe("21.3 mJ");
});

test("running time does not jump between units", () => {
  expect([0, 3.24, 59.9, 61.7, 7500].map(running)).toEqual([
    "0.0 s",
    "3.2 s",
    "59.9 s",
    "1 min 1 s",
    "2 h 5 min",
  ]);
});
