/** What the kernel sends: `Progress.to_dict()` and `session_state()`, and a part of the report. */

export type Basis = "measured" | "modelled" | "assumed";

/** A number with its 95 % interval. */
export interface Quantity {
  value: number;
  low: number;
  high: number;
  random?: number;
  unit: string;
  basis: Basis;
}

/** An everyday term; `value` in `unit` (m, s, ...) is drawn, `text` is read. */
export interface Equivalence {
  id: string;
  text: string;
  value?: number;
  unit?: string;
}

export interface Forecast {
  energy: Quantity;
  co2e: Quantity;
  duration_s: Quantity;
  done: number;
}

/** The state of a running cell. */
export interface Progress {
  span_id: string;
  elapsed_s: number;
  power_w: number | null;
  power_by_component: [string, number][];
  energy: Quantity | null;
  co2e: Quantity | null;
  equivalences: Equivalence[];
  name: string | null;
  forecast?: Forecast;
  budget?: { text: string; used: number | null };
}

/** One measured cell of the session. */
export interface Cell {
  id: string;
  label: string;
  status: "ok" | "error" | "interrupted";
  duration_s: number;
  energy: Quantity;
  co2e: Quantity;
}

/** The state of the session. */
export interface Session {
  cells: Cell[];
  left_out: number;
  count: number;
  duration_s: number;
  energy: Quantity;
  co2e: Quantity;
  /** What the sum of CO2e leaves out; empty where it holds all. */
  co2e_note?: string;
  equivalences: Equivalence[];
  /** Seconds since the session began, and watts; null where nothing is known. */
  power: [number, number | null][];
  /** Start and end (s) of each cell on the same clock, and its label. */
  marks: [number, number, string][];
  idle: { energy: Quantity; duration_s: number; share: number; text: string } | null;
  wasteful: { id: string; label: string; text: string } | null;
  advice: { title: string; text: string }[];
  running: Progress | null;
}

/** The traits of the widget. */
export interface Traits {
  kind: "live" | "dashboard";
  state: Partial<Progress> | Partial<Session>;
}

/** Whether a running cell's state has come. */
export function isProgress(state: unknown): state is Progress {
  const it = state as Partial<Progress> | null | undefined;
  return typeof it?.span_id === "string" && typeof it.elapsed_s === "number";
}

/** Whether a session's state has come. */
export function isSession(state: unknown): state is Session {
  const it = state as Partial<Session> | null | undefined;
  return Array.isArray(it?.cells) && typeof it.count === "number";
}
