/** The comparisons as pictures: a road with a car, a house whose windows light up, or words. */

import { h, s, say, set } from "./dom";
import { type Milestone, timeMark, wayMark } from "./milestones";
import type { Equivalence } from "./wire";

export interface Picture {
  node: HTMLElement;
  /** Whether this picture can show that comparison. */
  fits(one: Equivalence): boolean;
  draw(one: Equivalence): void;
}

const ROAD = 200;
const CAR = 34;

const shows = (id: RegExp, unit: string) => (one: Equivalence) =>
  id.test(one.id) && one.unit === unit && typeof one.value === "number";

/** The picture for a comparison; words alone where there is none. */
export function picture(one: Equivalence): Picture {
  return [road, house].map((make) => make()).find((made) => made.fits(one)) ?? words();
}

function figure(drawing: SVGSVGElement | null, caption: HTMLElement): HTMLElement {
  return h("figure", { class: "gn-figure" }, ...(drawing ? [drawing] : []), caption);
}

/** A car that has driven part of the way to the next round mark. */
export function road(): Picture {
  const sign = s("text", { x: ROAD - 2, y: 12, "text-anchor": "end", class: "gn-sign" });
  const car = s(
    "g",
    { class: "gn-car" },
    s("path", { d: "M2 11h30v-4l-6-1-5-5h-11l-4 5-4 1z", fill: "#0072b2" }),
    s("path", { d: "M8 6l3-3.5h4V6zM16.5 2.5h4L24 6h-7.5z", fill: "#fff", "fill-opacity": 0.85 }),
    s("circle", { cx: 9, cy: 11.5, r: 3 }),
    s("circle", { cx: 25, cy: 11.5, r: 3 }),
  );
  const node = s(
    "svg",
    { viewBox: `0 0 ${ROAD} 38`, class: "gn-road", "aria-hidden": "true" },
    s("path", { d: `M0 33H${ROAD}`, class: "gn-tar" }),
    s("path", { d: `M2 33H${ROAD}`, class: "gn-lane" }),
    s("path", { d: `M${ROAD - 1} 32V14`, class: "gn-post" }),
    sign,
    car,
  );
  const caption = h("figcaption");
  return {
    node: figure(node, caption),
    fits: shows(/car/, "m"),
    draw(one) {
      const mark = wayMark(one.value ?? 0, one.text);
      say(caption, one.text);
      say(sign, mark.text);
      set(car, { style: `transform:translate(${along(mark)}px,17.5px)` });
    },
  };
}

function along(mark: Milestone): string {
  return (Math.min(1, mark.part) * (ROAD - CAR - 4)).toFixed(1);
}

/** A house whose light rises in its windows up to the next round time. */
export function house(): Picture {
  const id = `gn-${Math.random().toString(36).slice(2)}`;
  const light = s("rect", { x: 0, width: 40, class: "gn-light" });
  const sign = s("text", { x: 50, y: 14, class: "gn-sign" });
  const panes = [12, 22].flatMap((x) =>
    [18, 26].map((y) => s("rect", { x, y, width: 7, height: 6 })),
  );
  const node = s(
    "svg",
    { viewBox: "0 0 150 38", class: "gn-house", "aria-hidden": "true" },
    s("clipPath", { id }, ...panes),
    s("path", { d: "M2 17L20 2l6 5V3h4v7.3L39 17h-4v19H6V17z", class: "gn-wall" }),
    s(
      "g",
      { "clip-path": `url(#${id})` },
      s("rect", { width: 40, height: 38, class: "gn-dark" }),
      light,
    ),
    sign,
  );
  const caption = h("figcaption");
  return {
    node: figure(node, caption),
    fits: shows(/home/, "s"),
    draw(one) {
      const mark = timeMark(one.value ?? 0);
      const height = Math.min(1, mark.part) * 14;
      say(caption, one.text);
      say(sign, `all lit at ${mark.text}`);
      set(light, { y: (32 - height).toFixed(1), height: height.toFixed(1) });
    },
  };
}

function words(): Picture {
  const caption = h("figcaption");
  return {
    node: figure(null, caption),
    fits: () => true,
    draw: (one) => say(caption, `≈ ${one.text}`),
  };
}
