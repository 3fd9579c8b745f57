import { expect, test } from "vitest";
import { History } from "../src/history";
import { layers } from "../src/sparkline";
import { frame } from "./goldens";

const state = frame("running");

test("time runs on between updates, and silence is counted", () => {
  const history = new History();
  history.add({ ...state, elapsed_s: 10 }, 5000);
  expect(history.now(7500)).toBeCloseTo(12.5);
  expect(history.silence(7500)).toBeCloseTo(2.5);
});

test("a new cell begins a new history", () => {
  const history = new History();
  history.add({ ...state, elapsed_s: 1 }, 0);
  history.add({ ...state, span_id: "other", elapsed_s: 0.2 }, 1000);
  expect(history.moments).toHaveLength(1);
});

test("a long run keeps its shape in bounded memory", () => {
  const history = new History();
  for (let index = 1; index <= 5000; index++)
    history.add({ ...state, elapsed_s: index, power_by_component: [["cpu:0", index]] }, index);
  expect(history.moments.length).toBeLessThanOrEqual(240);
  expect(history.moments.at(-1)?.parts[0]?.[1]).toBeGreaterThan(4900);
});

test("unknown power is not drawn as zero", () => {
  const history = new History();
  history.add(frame("first"), 0);
  expect(history.moments).toHaveLength(0);
});

test("layers stand on one another, one a component", () => {
  const moments = [1, 2, 3].map((at) => ({ at, parts: state.power_by_component, watts: 71.4 }));
  const paths = layers(moments);
  expect(paths).toHaveLength(3);
  expect(new Set(paths.map((path) => path.getAttribute("fill"))).size).toBe(3);
  expect(paths[2]?.getAttribute("d")).toContain("M0.0 2.0");
});

test("the peak is never below what is shown now, however points are joined", () => {
  const history = new History();
  for (let index = 1; index <= 1000; index++)
    history.add({ ...state, elapsed_s: index, power_w: index === 7 ? 99 : 5 }, index);
  expect(history.peak).toBe(99);
  history.add({ ...state, span_id: "other", elapsed_s: 1, power_w: 3 }, 2000);
  expect(history.peak).toBe(3);
});
