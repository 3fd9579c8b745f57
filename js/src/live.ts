/** The live view of one running cell. */

import { h, say, set } from "./dom";
import { type History, powers } from "./history";
import { colour, labels } from "./labels";
import { type Picture, picture } from "./pictures";
import { sparkline } from "./sparkline";
import { number, percent, running, shown } from "./units";
import type { Equivalence, Progress, Quantity } from "./wire";

/** After so many seconds without an update the kernel is said to be silent. */
export const SILENT_S = 2;
/** How often a screen reader is told, at most (s). */
export const TELL_EVERY_S = 20;

export interface Live {
  node: HTMLElement;
  /** A new state has come. */
  update(progress: Progress): void;
  /** Time has passed. */
  tick(now: number): void;
}

/** A view that `update` and `tick` keep moving. */
export function live(history: History): Live {
  const name = h("span", { class: "gn-name" });
  const time = h("span", { class: "gn-time" });
  const wait = h("span", { class: "gn-wait", hidden: true });
  const co2e = figure("CO2e so far");
  const energy = figure("energy so far");
  const power = figure("power now");
  const spark = sparkline();
  const legend = h("div", { class: "gn-legend" });
  const pictures = shelf();
  const forecast = row("forecast");
  const budget = row("budget");
  const told = teller();
  const node = h(
    "div",
    { class: "gn gn-live", role: "group", "aria-label": "Energy of the running cell" },
    h("div", { class: "gn-top" }, name, time, wait),
    h("div", { class: "gn-figures" }, co2e.node, energy.node, power.node),
    spark.node,
    legend,
    pictures.node,
    forecast.node,
    budget.node,
    told.node,
  );
  set(spark.node, { hidden: true });

  return {
    node,
    update(progress) {
      say(name, progress.name ?? "measuring");
      co2e.show(progress.co2e, "CO2e");
      energy.show(progress.energy);
      power.say(progress.power_w === null ? "–" : number(progress.power_w, "W"), highest(history));
      drawLegend(legend, powers(progress));
      set(spark.node, { hidden: history.moments.length < 2 });
      spark.draw(history.moments, `power so far, ${highest(history)}`);
      pictures.draw(progress.equivalences);
      showForecast(forecast, progress);
      showBudget(budget, progress);
      told.about(progress);
    },
    tick(now) {
      const silence = history.silence(now);
      say(time, history.heardAt !== null ? running(history.now(now)) : "starting");
      set(wait, { hidden: silence <= SILENT_S });
      if (silence > SILENT_S) {
        say(wait, `waiting for the kernel, ${Math.floor(silence)} s`);
        told.silence();
      }
    },
  };
}

function figure(label: string) {
  const big = h("span", { class: "gn-big" }, "–");
  const small = h("span", { class: "gn-small" }, label);
  const says = (amount: string, interval: string) => {
    say(big, amount);
    say(small, interval ? `${label} (${interval})` : label);
  };
  return {
    node: h("div", {}, big, small),
    say: says,
    show(quantity: Quantity | null, suffix = "") {
      if (!quantity) return;
      const { amount, interval } = shown(quantity);
      says(`${amount} ${suffix}`.trim(), interval);
    },
  };
}

function drawLegend(legend: HTMLElement, parts: [string, number][]): void {
  const names = labels(parts.map(([component]) => component));
  const entries = parts.length < 2 ? [] : parts;
  legend.replaceChildren(
    ...entries.map(([component, watts], index) =>
      h(
        "span",
        {},
        h("span", { class: "gn-key", style: `background:${colour(component)}` }),
        `${names[index]} ${number(watts, "W")}`,
      ),
    ),
  );
}

/** `at most 95.1 W`; nothing before there are two moments to compare. */
function highest(history: History): string {
  if (history.moments.length < 2) return "";
  const peak = Math.max(history.peak, ...history.moments.map(({ watts }) => watts));
  return `at most ${number(peak, "W")}`;
}

/** The pictures of the comparisons, kept as long as the comparisons are the same. */
export function shelf() {
  const node = h("div", { class: "gn-pictures" });
  const kept = new Map<string, Picture>();
  return {
    node,
    draw(equivalences: Equivalence[]) {
      const wanted = equivalences.map((one) => {
        let made = kept.get(one.id);
        if (!made?.fits(one)) made = picture(one);
        kept.set(one.id, made);
        made.draw(one);
        return made.node;
      });
      const same =
        wanted.length === node.children.length &&
        wanted.every((element, index) => node.children[index] === element);
      if (!same) node.replaceChildren(...wanted);
    },
  };
}

function row(label: string) {
  const fill = h("div", { class: "gn-fill" });
  const words = h("div", { class: "gn-small" });
  const node = h(
    "div",
    { class: "gn-row", hidden: true },
    h("span", {}, label),
    h("div", { class: "gn-track", "aria-hidden": "true" }, fill),
    words,
  );
  return {
    node,
    show(part: number, text: string) {
      set(node, { hidden: false, class: part > 1 ? "gn-row gn-over" : "gn-row" });
      set(fill, { style: `width:${(100 * Math.min(1, part)).toFixed(1)}%` });
      say(words, text);
    },
    hide: () => set(node, { hidden: true }),
  };
}

type Row = ReturnType<typeof row>;

function showForecast(forecast: Row, progress: Progress): void {
  const ahead = progress.forecast;
  if (!ahead) {
    forecast.hide();
    return;
  }
  const [co2e, energy, time] = [ahead.co2e, ahead.energy, ahead.duration_s].map(shown);
  forecast.show(
    ahead.done,
    `${percent(ahead.done)} done; at the end ${co2e?.amount} CO2e (${co2e?.interval}), ` +
      `${energy?.amount} (${energy?.interval}), ${time?.amount} (${time?.interval})`,
  );
}

function showBudget(budget: Row, progress: Progress): void {
  const used = progress.budget?.used;
  if (!progress.budget || used === null || used === undefined) {
    budget.hide();
    return;
  }
  const state = used > 1 ? "over budget: " : used >= 0.8 ? "nearly used up: " : "";
  budget.show(used, `${state}${percent(used)} of ${progress.budget.text}`);
}

/** A line for screen readers alone: seldom, and only what is new. */
function teller() {
  const node = h("div", { class: "gn-hidden", role: "status", "aria-live": "polite" });
  let next = 0;
  let span = "";
  let silent = false;
  return {
    node,
    about(progress: Progress) {
      if (progress.span_id !== span) {
        span = progress.span_id;
        next = TELL_EVERY_S;
        silent = false;
        say(node, `Measuring ${progress.name ?? "the cell"}`);
      }
      const back = silent;
      silent = false;
      if (back || progress.elapsed_s < next) return;
      next = progress.elapsed_s + TELL_EVERY_S;
      const sums = [progress.co2e && `${shown(progress.co2e).amount} CO2e`];
      sums.push(progress.energy && shown(progress.energy).amount);
      const words = sums.filter(Boolean).join(", ");
      say(node, `${running(Math.floor(progress.elapsed_s))}: ${words} so far`);
    },
    silence() {
      if (!silent) say(node, "Waiting for the kernel");
      silent = true;
    },
  };
}
