/** Components in words and colours. */

const WORDS: Record<string, string> = {
  cpu: "CPU",
  gpu: "GPU",
  dram: "memory",
  ram: "memory",
  node: "server (VM share)",
  metered: "machine (metered)",
  rest: "rest of machine",
  psys: "whole board",
  tpu: "TPU",
  npu: "NPU",
  remote: "remote calls",
};

// Okabe and Ito's colours, told apart by colour-blind eyes; each has contrast 3:1 on white and on
// near-black alike.
const COLOURS: Record<string, string> = {
  cpu: "#0072b2",
  gpu: "#d55e00",
  dram: "#b5679a",
  ram: "#b5679a",
  node: "#008f68",
  metered: "#008f68",
  rest: "#858585",
};
const OTHER = "#9a7a00";

const kind = (component: string): string => component.split(":")[0] ?? component;

/** `["cpu:0", "gpu:0", "gpu:1"]` -> `["CPU", "GPU 0", "GPU 1"]`. */
export function labels(components: string[]): string[] {
  return components.map((component) => {
    const [name = component, index] = component.split(":");
    const word = WORDS[name] ?? name.replaceAll("_", " ");
    const several = components.filter((other) => kind(other) === name).length > 1;
    return several && index ? `${word} ${index}` : word;
  });
}

/** The colour of a component. */
export function colour(component: string): string {
  return COLOURS[kind(component)] ?? OTHER;
}
