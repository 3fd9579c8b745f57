import { expect, test } from "vitest";
import { colour, labels } from "../src/labels";

test("a meter of the whole machine is no share of a server", () => {
  expect(labels(["metered", "gpu:0"])).toEqual(["machine (metered)", "GPU"]);
  expect(labels(["node"])).toEqual(["server (VM share)"]);
  expect(colour("metered")).toBe(colour("node"));
});
