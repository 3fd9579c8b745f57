/** The session: its cells as bars, its total, its power, and what to do next. */

import { h, s, say, set } from "./dom";
import { shelf } from "./live";
import { duration, number, percent, running, shown } from "./units";
import type { Cell, Quantity, Session } from "./wire";

type Measure = "co2e" | "energy";

const WIDTH = 600;
const HEIGHT = 70;

export interface Dashboard {
  node: HTMLElement;
  update(session: Session): void;
}

/** A page that follows the session. */
export function dashboard(): Dashboard {
  let measure: Measure = "co2e";
  let latest: Session | null = null;
  const headline = h("p", { class: "gn-figures" });
  const now = h("p", { class: "gn-small" });
  const pictures = shelf();
  const bars = h("ol", { class: "gn-bars", tabindex: 0, "aria-label": "Cells" });
  const power = h("div");
  const remarks = h("div");
  const status = h("div", { class: "gn-hidden", role: "status", "aria-live": "polite" });
  const choice = chooser((chosen) => {
    measure = chosen;
    if (latest) drawBars(bars, latest, measure);
  });
  const node = h(
    "section",
    { class: "gn gn-dashboard", "aria-label": "Energy of this session" },
    h("h3", {}, "This session"),
    headline,
    now,
    pictures.node,
    h("h4", {}, "Cells"),
    choice,
    bars,
    power,
    remarks,
    status,
  );
  return {
    node,
    update(session) {
      const grown = latest && session.count > latest.count;
      latest = session;
      drawHeadline(headline, session);
      drawRunning(now, session);
      pictures.draw(session.equivalences);
      drawBars(bars, session, measure);
      power.replaceChildren(...timeline(session));
      remarks.replaceChildren(...remarked(session));
      if (grown) say(status, `${cellsInWords(session)}, ${shown(session.co2e).amount} CO2e`);
    },
  };
}

function cellsInWords(session: Session): string {
  return `${session.count} measured ${session.count === 1 ? "cell" : "cells"}`;
}

function drawHeadline(headline: HTMLElement, session: Session): void {
  const sum = (quantity: Quantity, suffix: string) => {
    const { amount, interval } = shown(quantity);
    return h(
      "span",
      {},
      h("span", { class: "gn-big" }, `${amount} ${suffix}`.trim()),
      h("span", { class: "gn-small" }, `(${interval})`),
    );
  };
  headline.replaceChildren(
    sum(session.co2e, session.co2e_note ? `CO2e (${session.co2e_note})` : "CO2e"),
    sum(session.energy, ""),
    h(
      "span",
      {},
      h("span", { class: "gn-big" }, duration(session.duration_s)),
      h("span", { class: "gn-small" }, `in ${cellsInWords(session)}`),
    ),
  );
}

function drawRunning(now: HTMLElement, session: Session): void {
  const cell = session.running;
  set(now, { hidden: !cell });
  if (!cell) return;
  const parts = [`running: ${cell.name ?? "a cell"}`, running(cell.elapsed_s)];
  if (cell.power_w !== null) parts.push(number(cell.power_w, "W"));
  if (cell.co2e) parts.push(`${shown(cell.co2e).amount} CO2e so far`);
  say(now, parts.join(" · "));
}

function chooser(choose: (measure: Measure) => void): HTMLElement {
  const button = (measure: Measure, text: string, pressed: boolean) => {
    const made = h("button", { type: "button", "aria-pressed": String(pressed) }, text);
    made.addEventListener("click", () => {
      for (const other of made.parentElement?.children ?? [])
        set(other, { "aria-pressed": String(other === made) });
      choose(measure);
    });
    return made;
  };
  return h(
    "div",
    { class: "gn-choice", role: "group", "aria-label": "Length of the bars" },
    button("co2e", "CO2e", true),
    button("energy", "energy", false),
  );
}

function drawBars(bars: HTMLElement, session: Session, measure: Measure): void {
  const most = Math.max(...session.cells.map((cell) => cell[measure].value), 1e-30);
  bars.replaceChildren(...session.cells.map((cell) => bar(cell, measure, most)));
  if (session.left_out)
    bars.append(h("li", {}, h("span", {}, `and ${session.left_out} smaller cells`)));
}

function bar(cell: Cell, measure: Measure, most: number): HTMLElement {
  const { amount, interval } = shown(cell[measure]);
  const ended = cell.status === "ok" ? "" : `, ${cell.status}`;
  const part = (100 * cell[measure].value) / most;
  return h(
    "li",
    { class: cell.status === "ok" ? "" : "gn-bad", title: `${amount} (${interval})${ended}` },
    h("span", { class: "gn-label" }, `${cell.label}${ended}`),
    h(
      "span",
      { class: "gn-space", "aria-hidden": "true" },
      h("div", { class: "gn-bar", style: `width:${part.toFixed(1)}%` }),
    ),
    h("span", { class: "gn-small" }, `${amount} (${interval})`),
  );
}

/** The power of the whole session, and when cells ran. */
export function timeline(session: Session): Node[] {
  const known = session.power.flatMap(([, watts]) => (watts === null ? [] : [watts]));
  const first = session.power[0]?.[0] ?? 0;
  const last = session.power.at(-1)?.[0] ?? 0;
  if (known.length < 2 || last <= first) return [];
  const most = Math.max(...known, 1e-9);
  const x = (at: number) =>
    ((Math.min(last, Math.max(first, at)) - first) / (last - first)) * WIDTH;
  const y = (watts: number) => HEIGHT - 1 - (watts / most) * (HEIGHT - 4);
  const cells = session.marks.map(([start, end, label]) =>
    s(
      "rect",
      {
        x: x(start),
        y: 0,
        height: HEIGHT,
        width: Math.max(1, x(end) - x(start)),
        class: "gn-cellmark",
      },
      s("title", {}, label),
    ),
  );
  const words = `power over ${duration(last - first)}, at most ${number(most, "W")}, with the cells marked`;
  return [
    h(
      "h4",
      {},
      `Power (at most ${number(most, "W")}, over ${duration(last - first)}; cells shaded)`,
    ),
    s(
      "svg",
      {
        class: "gn-spark",
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: "none",
        role: "img",
        "aria-label": words,
      },
      ...cells,
      s("path", { class: "gn-line", d: broken(session.power, x, y) }),
      s("path", { class: "gn-base", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }),
    ),
  ];
}

/** A line that is lifted over gaps: what is not known is not drawn. */
function broken(
  power: Session["power"],
  x: (at: number) => number,
  y: (watts: number) => number,
): string {
  let lifted = true;
  let path = "";
  for (const [at, watts] of power) {
    if (watts !== null) path += `${lifted ? "M" : "L"}${x(at).toFixed(1)} ${y(watts).toFixed(1)}`;
    lifted = watts === null;
  }
  return path;
}

function remarked(session: Session): Node[] {
  const remarks: Node[] = [];
  const add = (title: string, text: string) =>
    remarks.push(h("p", {}, h("strong", {}, `${title}: `), text));
  if (session.idle) {
    const { amount, interval } = shown(session.idle.energy);
    const share = percent(session.idle.share);
    add("Idle", `${session.idle.text} ${amount} (${interval}), ${share} of all energy.`);
  }
  if (session.wasteful) add("Most to save", `${session.wasteful.label}: ${session.wasteful.text}`);
  for (const one of session.advice) add(one.title, one.text);
  return remarks;
}
