/** The looks: the front end's own colours where it has any, and the text's where not. */

export const STYLE = `
.gn{--ink:var(--jp-ui-font-color1,var(--colab-primary-text-color,var(--vscode-editor-foreground,currentColor)));
--line:color-mix(in srgb,var(--ink) 28%,transparent);color:var(--ink);
font:14px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);container-type:inline-size;padding:6px 2px;max-width:60em}
.gn *{box-sizing:border-box}.gn [hidden]{display:none!important}
.gn-top,.gn-figures,.gn-pictures,.gn-legend{display:flex;flex-wrap:wrap;gap:2px 18px;align-items:baseline}
.gn-name{font-weight:600}.gn-time{font-variant-numeric:tabular-nums}
.gn-wait{border:1px solid currentColor;border-radius:4px;padding:0 6px;font-size:12px}
.gn-figures{gap:2px 26px;margin:4px 0}
.gn-big{display:block;font-size:22px;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums;white-space:nowrap}
.gn-small{font-size:12px;font-variant-numeric:tabular-nums}
.gn-spark{display:block;width:100%;height:48px;margin:4px 0 2px}.gn-base,.gn-post{stroke:var(--ink);stroke-opacity:.5;fill:none}
.gn-legend{font-size:12px}.gn-key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
.gn-pictures{gap:6px 28px;margin:8px 0 4px}.gn-figure{margin:0;flex:1 1 220px;min-width:0;max-width:330px}
.gn-figure svg{display:block;height:44px;max-width:100%}.gn-figure figcaption{font-size:13px}
.gn-tar{stroke:#8a8a8a;stroke-width:7}.gn-lane{stroke:#fff;stroke-width:1;stroke-dasharray:7 7}
.gn-sign{font-size:11px;fill:var(--ink)}.gn-car{transition:transform .25s linear}.gn-car circle{fill:#4d4d4d;stroke:#fff;stroke-width:1}
.gn-wall{fill:#8a8a8a}.gn-dark{fill:#2b2b2b}.gn-light{fill:#f0c419;transition:y .25s linear,height .25s linear}
.gn-row{display:grid;grid-template-columns:minmax(5.5em,9em) minmax(60px,1fr);gap:0 12px;align-items:center;margin-top:4px}
.gn-row>:last-child{grid-column:2}.gn-track{height:8px;border:1px solid currentColor;border-radius:5px;overflow:hidden}
.gn-fill{height:100%;background:#0072b2;transition:width .25s linear}.gn-over .gn-fill{background:#d55e00}
.gn-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.gn h3{font-size:16px;margin:0 0 4px}.gn h4{font-size:13px;margin:12px 0 4px;font-weight:600}
.gn-bars{list-style:none;margin:0;padding:0;max-height:22em;overflow:auto}
.gn-bars li{display:grid;grid-template-columns:minmax(5em,11em) minmax(40px,1fr) 11.5em;gap:0 10px;align-items:center;font-size:13px;padding:1px 0}
.gn-bars .gn-small{text-align:right}.gn-bars .gn-label{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.gn-bar{height:11px;border-radius:2px;background:#0072b2;min-width:2px}.gn-bad .gn-bar{background:repeating-linear-gradient(45deg,#d55e00 0 4px,#9c4500 4px 8px)}
.gn-choice{display:inline-flex;gap:0;margin:2px 0 6px}.gn-choice button{font:inherit;font-size:12px;color:inherit;background:none;border:1px solid var(--ink);padding:2px 10px;cursor:pointer}
.gn-choice button+button{border-left:0}.gn-choice button[aria-pressed=true]{background:var(--ink);color:var(--jp-layout-color1,Canvas)}
.gn-choice button:focus-visible,.gn-bars:focus-visible{outline:2px solid #0072b2;outline-offset:2px}
.gn-line{stroke:var(--ink);stroke-width:1.5;fill:none;vector-effect:non-scaling-stroke}.gn-cellmark{fill:#d55e00;fill-opacity:.22}
.gn p{margin:6px 0}
@container (max-width:30em){.gn-big{font-size:18px}.gn-bars li{grid-template-columns:1fr auto}.gn-bars li>.gn-space{grid-column:1/-1;grid-row:2}}
@media (prefers-reduced-motion:reduce){.gn *{transition:none!important}}
@media (forced-colors:active){.gn svg,.gn-fill,.gn-bar,.gn-key{forced-color-adjust:none}}
`;
