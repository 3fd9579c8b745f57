/** Power over time, one layer a component: our own small SVG. */

import { s, set } from "./dom";
import type { Moment } from "./history";
import { colour } from "./labels";

const WIDTH = 240;
const HEIGHT = 48;

export interface Sparkline {
  node: SVGSVGElement;
  draw(moments: Moment[], words: string): void;
}

/** A picture that is drawn anew with each update. */
export function sparkline(): Sparkline {
  const node = s("svg", {
    class: "gn-spark",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
  });
  const base = s("path", { class: "gn-base", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` });
  return {
    node,
    draw(moments, words) {
      set(node, { "aria-label": words });
      node.replaceChildren(...layers(moments), base);
    },
  };
}

/** Each component's layer as a path, the first at the bottom. */
export function layers(moments: Moment[]): SVGPathElement[] {
  const first = moments[0];
  const last = moments.at(-1);
  if (!first || !last || moments.length < 2) return [];
  const names = [...new Set(moments.flatMap(({ parts }) => parts.map(([name]) => name)))];
  const most = Math.max(...moments.map(({ parts }) => total(parts)), 1e-9);
  const x = (at: number) => ((at - first.at) / (last.at - first.at)) * WIDTH;
  const y = (watts: number) => HEIGHT - 1 - (watts / most) * (HEIGHT - 3);
  const floor = moments.map(() => 0);
  return names.map((name) => {
    const under = [...floor];
    moments.forEach(({ parts }, index) => {
      floor[index] = (floor[index] ?? 0) + (parts.find(([other]) => other === name)?.[1] ?? 0);
    });
    const point = (heights: number[], index: number) =>
      `${x(moments[index]?.at ?? 0).toFixed(1)} ${y(heights[index] ?? 0).toFixed(1)}`;
    const there = moments.map((_, index) => point(floor, index));
    const back = moments.map((_, index) => point(under, index)).reverse();
    return s("path", { d: `M${[...there, ...back].join("L")}Z`, fill: colour(name) });
  });
}

function total(parts: [string, number][]): number {
  return parts.reduce((sum, [, watts]) => sum + watts, 0);
}
