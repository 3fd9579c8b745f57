/** One anywidget, two faces: the live view of a cell and the dashboard of a session. */

import type { AnyModel } from "@anywidget/types";
import { dashboard } from "./dashboard";
import { h } from "./dom";
import { History } from "./history";
import { live } from "./live";
import { STYLE } from "./style";
import { isProgress, isSession, type Traits } from "./wire";

const TICK_MS = 100;
const histories = new WeakMap<object, History>();

type Model = AnyModel<Traits>;

/** The model's history, which its first caller begins to keep. */
function historyOf(model: Model): History {
  const kept = histories.get(model);
  if (kept) return kept;
  const history = new History();
  histories.set(model, history);
  const take = () => {
    const state = model.get("state");
    if (isProgress(state)) history.add(state, performance.now());
  };
  take();
  model.on("change:state", take);
  return history;
}

/** Tells the kernel that its widget works here; until then the kernel shows HTML. */
function answer(model: Model): void {
  model.send({ type: "ready" });
}

function initialize({ model }: { model: Model }): void {
  if (model.get("kind") !== "dashboard") historyOf(model);
  answer(model);
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const end = model.get("kind") === "dashboard" ? showSession(model, el) : showCell(model, el);
  answer(model);
  return end;
}

function showCell(model: Model, el: HTMLElement): () => void {
  const history = historyOf(model);
  const view = live(history);
  const update = () => {
    const state = model.get("state");
    if (isProgress(state)) view.update(state);
    view.tick(performance.now());
  };
  return shown(model, el, view.node, update, () => view.tick(performance.now()));
}

function showSession(model: Model, el: HTMLElement): () => void {
  const view = dashboard();
  const update = () => {
    const state = model.get("state");
    if (isSession(state)) view.update(state);
  };
  return shown(model, el, view.node, update);
}

function shown(
  model: Model,
  el: HTMLElement,
  node: HTMLElement,
  update: () => void,
  tick?: () => void,
): () => void {
  el.replaceChildren(h("style", {}, STYLE), node);
  update();
  model.on("change:state", update);
  const timer = tick && setInterval(tick, TICK_MS);
  return () => {
    model.off("change:state", update);
    clearInterval(timer);
  };
}

export default { initialize, render };
