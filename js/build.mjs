// Builds the one file that the Python package ships; it is committed, so installing needs no node.
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const LIMIT_BYTES = 40_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outfile = here("../green_notebook/show/static/widget.js");

await build({
  entryPoints: [here("src/index.ts")],
  outfile,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2021",
  charset: "utf8",
  legalComments: "none",
});

const { size } = statSync(outfile);
console.log(`widget.js: ${size} bytes`);
if (size > LIMIT_BYTES) {
  console.error(`more than the ${LIMIT_BYTES} bytes it may have`);
  process.exit(1);
}
