import { expect, test } from "vitest";
import { round125, timeMark, wayMark } from "../src/milestones";

test.each([
  [0, 1],
  [0.3, 0.5],
  [1, 2],
  [4.9, 5],
  [5, 10],
  [99, 100],
])("the next round mark after %d is %d", (amount, mark) => {
  expect(round125(amount)).toBe(mark);
});

test("a mark is always ahead of the car, whatever the distance", () => {
  for (let metres = 1e-6; metres < 1e10; metres *= 1.37) {
    const { part } = wayMark(metres, "");
    expect(part).toBeGreaterThan(0.15);
    expect(part).toBeLessThanOrEqual(1);
  }
});

test("the sign uses the units of the words", () => {
  expect(wayMark(3.6, "driving 3.6 m in an average European car").text).toBe("5 m");
  expect(wayMark(1, "driving 3.3 feet in an average US petrol car").text).toBe("5 ft");
  expect(wayMark(0.0254, "driving 1 inch in an average US petrol car").text).toBe("0.1 ft");
  expect(wayMark(16093, "driving 10 miles in an average US petrol car").text).toBe("10 mi");
});

test("times have the marks of a clock", () => {
  expect([0.02, 3.7, 40, 90, 4000, 200_000].map((time) => timeMark(time).text)).toEqual([
    "50 ms",
    "5 s",
    "1 min",
    "2 min",
    "2 h",
    "5 d",
  ]);
});
