import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../src/index";
import type { Traits } from "../src/wire";
import { frame, session } from "./goldens";

/** A model as anywidget hands it over, without a kernel behind it. */
class Model {
  sent: unknown[] = [];
  private listeners = new Set<() => void>();
  constructor(private traits: Traits) {}
  get<K extends keyof Traits>(key: K): Traits[K] {
    return this.traits[key];
  }
  on(_name: string, listener: () => void): void {
    this.listeners.add(listener);
  }
  off(_name: string, listener: () => void): void {
    this.listeners.delete(listener);
  }
  send(content: unknown): void {
    this.sent.push(content);
  }
  receive(state: Traits["state"]): void {
    this.traits.state = state;
    for (const listener of this.listeners) listener();
  }
  get watched(): number {
    return this.listeners.size;
  }
}

function open(kind: Traits["kind"], state: Traits["state"]) {
  const model = new Model({ kind, state });
  const el = document.body.appendChild(document.createElement("div"));
  const given = { model, el } as unknown as Parameters<typeof widget.render>[0];
  widget.initialize(given);
  const close = widget.render(given);
  const text = () => el.querySelector(".gn")?.textContent ?? "";
  const status = () => el.querySelector("[role=status]")?.textContent ?? "";
  return { model, el, close, text, status };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

test("it answers the kernel as soon as the model is there, before any view", () => {
  const model = new Model({ kind: "live", state: {} });
  widget.initialize({ model } as unknown as Parameters<typeof widget.initialize>[0]);
  expect(model.sent).toEqual([{ type: "ready" }]);
});

test("the live view says power, energy, CO2e with intervals, and the comparisons", () => {
  const { text, el } = open("live", frame("running"));
  for (const words of ["train", "71.4 W", "0.42 Wh", "(0.27–0.67)", "18.6 mg CO2e"])
    expect(text()).toContain(words);
  expect(text()).toContain("driving 11 cm in an average European car");
  expect(text()).toContain("CPU 23.1 W");
  expect(el.querySelectorAll("figure")).toHaveLength(2);
});

test("what is not known yet is a dash, not a zero", () => {
  const { text } = open("live", frame("first"));
  expect(text()).toContain("–CO2e so far");
  expect(text()).not.toContain("0 W");
});

test("time moves on without the kernel, which is said to be silent after 2 s", () => {
  const { text, el, status } = open("live", { ...frame("running"), elapsed_s: 3 });
  vi.advanceTimersByTime(1500);
  expect(text()).toContain("4.5 s");
  expect(el.querySelector(".gn-wait")?.hasAttribute("hidden")).toBe(true);
  vi.advanceTimersByTime(2000);
  expect(text()).toContain("6.5 s");
  expect(text()).toContain("waiting for the kernel, 3 s");
  expect(status()).toBe("Waiting for the kernel");
});

test("a screen reader is told at the start and then every 20 s, not at each update", () => {
  const { model, status } = open("live", { ...frame("running"), elapsed_s: 0.2 });
  const said = new Set<string>();
  for (let elapsed_s = 1; elapsed_s < 61; elapsed_s++) {
    model.receive({ ...frame("running"), elapsed_s });
    said.add(status());
  }
  expect(said.size).toBe(4);
  expect([...said][0]).toBe("Measuring train");
  expect([...said][1]).toMatch(/^20.0 s: 18.6 mg CO2e, 0.42 Wh so far$/);
});

test("forecast and budget have rows only when there are some", () => {
  const { model, el, text } = open("live", frame("running"));
  const rows = () => [...el.querySelectorAll(".gn-row:not([hidden])")].length;
  expect(rows()).toBe(0);
  model.receive(frame("forecast"));
  expect(rows()).toBe(2);
  expect(text()).toContain("25 % done; at the end 74 mg CO2e (43–122)");
  expect(text()).toContain("19 % of 100 mg CO2e");
  model.receive(frame("over"));
  expect(text()).toContain("over budget: 124 % of 15 mg CO2e");
});

test("the car moves and its picture stays the same element", () => {
  const { model, el } = open("live", frame("running"));
  const car = el.querySelector(".gn-car");
  const before = car?.getAttribute("style");
  const further = frame("running").equivalences.map((one) => ({ ...one, value: 0.19 }));
  model.receive({ ...frame("running"), elapsed_s: 70, equivalences: further });
  expect(el.querySelector(".gn-car")).toBe(car);
  expect(car?.getAttribute("style")).not.toBe(before);
});

test("a closed view stops its clock and its listening", () => {
  const { model, close } = open("live", frame("running"));
  const before = model.watched;
  close();
  expect(model.watched).toBe(before - 1);
  expect(vi.getTimerCount()).toBe(0);
});

test("a name with markup is shown as it is", () => {
  const { el } = open("live", { ...frame("running"), name: "<img src=x onerror=alert(1)>" });
  expect(el.querySelector("img")).toBeNull();
});

test("the dashboard shows cells, totals, idle time, the most wasteful cell and advice", () => {
  const { text, el } = open("dashboard", session());
  expect(el.querySelectorAll(".gn-bars li")).toHaveLength(session().cells.length);
  for (const words of ["your kernel idled 40 min", "with a model on the GPU", "Most to save"])
    expect(text()).toContain(words);
  expect(text()).toContain("error");
  expect(el.querySelectorAll(".gn-cellmark").length).toBe(session().marks.length);
  // The line is lifted over the gap.
  expect(el.querySelector(".gn-line")?.getAttribute("d")?.match(/M/g)).toHaveLength(2);
});

test("the dashboard's bars change their measure by a button", () => {
  const { el } = open("dashboard", session());
  const [co2e, energy] = [...el.querySelectorAll("button")];
  const bars = () => el.querySelector(".gn-bars")?.textContent;
  const before = bars();
  energy?.click();
  expect(bars()).not.toBe(before);
  expect([co2e, energy].map((button) => button?.getAttribute("aria-pressed"))).toEqual([
    "false",
    "true",
  ]);
});

test("a state of something else leaves both faces calm", () => {
  expect(open("live", {}).text()).toContain("starting");
  expect(open("dashboard", {}).text()).toContain("This session");
});
