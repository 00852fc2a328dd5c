"use strict";(self.rspackChunk_nbops_labextension=self.rspackChunk_nbops_labextension||[]).push([["style_index_js"],{"./node_modules/css-loader/dist/cjs.js!./style/base.css"(o,e,n){var s=n("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),r=n.n(s),p=n("./node_modules/css-loader/dist/runtime/api.js"),t=n.n(p),a=n("./node_modules/css-loader/dist/cjs.js!../nbops/views/templates/nbops.css"),i=n("./node_modules/css-loader/dist/cjs.js!../nbops/views/templates/panel.css"),l=n("./node_modules/css-loader/dist/cjs.js!../nbops/views/templates/steps.css"),d=t()(r());d.i(a.A),d.i(i.A),d.i(l.A),d.push([o.id,`/* ── the panel at the side ── */
.nbops-sidebar{contain:content;overflow-y:auto;background:var(--jp-layout-color1);min-width:280px!important}
.nbops-sidebar .nbops-side.nbops-panel{border:0;border-radius:0;max-width:none;min-height:100%}

/* ── the line above a step's cell ── */
.jp-Cell.nbops-step-cell{display:flex;flex-direction:column}
.nbops-badge-place{order:-1}
.nbops-badge-place{margin-left:calc(var(--jp-cell-prompt-width) + var(--jp-cell-collapser-width))}
.nbops-badge{display:flex;align-items:center;gap:8px;min-height:26px;padding:0 4px 0 8px;border:1px solid var(--line);border-bottom:0;font-size:12px;background:var(--bg)}
.nbops-badge.is-bad{background:var(--tint-fail)}
.nbops-badge.is-warned{background:var(--tint-warn)}
.nbops-badge .status{white-space:nowrap;font-weight:500}
.nbops-badge .run{border:0;background:none;color:var(--text2);padding:3px 6px;cursor:pointer;border-radius:2px}
.nbops-badge .run:hover{background:var(--hover);color:var(--text)}
.nbops-no-badges .nbops-badge-place{display:none}

/* ── dialogs: a job, an adoption ── */
.nbops-dialog .jp-Dialog-content{max-width:720px;max-height:85vh}
.nbops-job-body{overflow:auto;min-width:min(440px,80vw)}
.nbops-form,.nbops-adoption{padding:2px 4px 4px}
.nbops-form .field{margin-top:12px}
.nbops-form .field>label{display:block;margin-bottom:3px}
.nbops-form .control{display:flex;gap:12px;align-items:center}
.nbops-form input:not([type=checkbox]),.nbops-form select{flex:1;min-width:0;width:100%;height:28px;padding:0 8px;border:1px solid var(--line-strong);border-radius:2px;background:var(--bg);color:var(--text);font:400 13px/18px var(--font)}
.nbops-form .control input:not([type=checkbox]){font-family:var(--mono);font-size:12px}
.nbops-form input::placeholder{color:var(--text2);opacity:1}
.nbops-form input[type=checkbox]{width:16px;height:16px;margin:4px 0;flex:none}
.nbops-form .none{white-space:nowrap;font-size:12px;display:flex;align-items:center;gap:4px}
.nbops-form :is(input,select):focus-visible,.nbops-adoption .diff:focus-visible{outline:2px solid var(--accent);outline-offset:-1px}
.nbops-form .is-wrong input,.nbops-form .is-wrong select{border-color:var(--c-fail)}
.nbops-form .resumable{margin-top:10px;padding:8px 12px;border-left:3px solid var(--c-fail);background:var(--tint-fail)}
.nbops-form .told{margin-top:12px;min-height:20px;overflow-wrap:anywhere}
.nbops-adoption ul{margin:8px 0;padding-left:18px}
.nbops-adoption .diff{margin:8px 0 0;padding:8px 0;max-height:46vh;overflow:auto;border:1px solid var(--line);background:var(--sunk);line-height:18px}
.nbops-adoption .diff span{display:block;padding:0 10px;white-space:pre;min-width:max-content}
.nbops-adoption .plus{background:color-mix(in srgb,var(--c-pass) 14%,var(--bg))}
.nbops-adoption .minus{background:color-mix(in srgb,var(--c-fail) 12%,var(--bg))}
.nbops-adoption .place{color:var(--text2)}

/* ── the line above a notebook whose job runs ── */
.nbops-job-place{overflow:hidden}
.nbops-job{padding:6px 12px 8px;border-bottom:1px solid var(--line);background:var(--bg);font-size:12px}
.nbops-job.is-bad{background:var(--tint-fail)}
.nbops-job.is-warned{background:var(--tint-warn)}
.nbops-job .row{min-height:26px}
.nbops-job .row>.grow{flex:1 1 220px}
.nbops-job .n{white-space:nowrap}
.nbops-job .act{border:1px solid var(--line-strong);border-radius:2px;background:var(--bg);color:var(--text);font:500 12px/18px var(--font);padding:3px 10px;cursor:pointer;white-space:nowrap}
.nbops-job .act:hover{background:var(--hover)}
.nbops-job :is(button,summary,pre):focus-visible{outline:2px solid var(--accent);outline-offset:-1px}
.nbops-job .bar-of-steps{display:flex;gap:2px;height:4px;margin:4px 0 2px}
.nbops-job .bar-of-steps i{flex:1;border-radius:1px;background:var(--q-ghost)}
.nbops-job .bar-of-steps .passed{background:var(--q-pass)}
.nbops-job .bar-of-steps .warned{background:var(--c-warn)}
.nbops-job .bar-of-steps :is(.failed,.error,.interrupted,.refused){background:var(--c-fail)}
.nbops-job .bar-of-steps .running{background:var(--accent)}
.nbops-job .reason{margin-top:4px;overflow-wrap:anywhere}
.nbops-job details>summary{display:list-item;list-style:disclosure-closed inside;margin-top:2px}.nbops-job details[open]>summary{list-style-type:disclosure-open}
.nbops-job ul{margin:4px 0;padding:0;list-style:none;max-height:180px;overflow:auto;line-height:20px}
.nbops-job .said{max-height:120px;overflow:auto;margin:4px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}

/* ── the tab of the hub; what is in it has a style sheet of its own ── */
.nbops-hub-tab{height:100%;overflow:hidden;background:var(--jp-layout-color1);color:var(--jp-ui-font-color1)}
`,""]),n.d(e,{},{A:d})},"./node_modules/css-loader/dist/cjs.js!../nbops/views/templates/nbops.css"(o,e,n){var s=n("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),r=n.n(s),p=n("./node_modules/css-loader/dist/runtime/api.js"),t=(n.n(p))()(r());t.push([o.id,`/* One line each: the theme of JupyterLab wins, light-dark() is the fallback outside of it. */
.nbops{
color-scheme:light dark;
--ink:var(--jp-ui-font-color0,light-dark(#000,#fff));
--bg:var(--jp-layout-color1,light-dark(#fff,#212121));
--line:color-mix(in srgb,var(--ink) 14%,var(--bg));
--line-soft:color-mix(in srgb,var(--ink) 8%,var(--bg));
--line-strong:color-mix(in srgb,var(--ink) 28%,var(--bg));
--text:color-mix(in srgb,var(--ink) 87%,var(--bg));
--text2:color-mix(in srgb,var(--ink) 64%,var(--bg));
--hover:color-mix(in srgb,var(--ink) 5%,var(--bg));
--sunk:color-mix(in srgb,var(--ink) 4%,var(--bg));
--accent:var(--jp-brand-color1,light-dark(#1976d2,#2196f3));
--c-pass:var(--jp-success-color1,light-dark(#388e3c,#4caf50));
--c-warn:var(--jp-warn-color1,light-dark(#f57c00,#ff9800));
--c-fail:var(--jp-error-color1,light-dark(#d32f2f,#f44336));
--t-fail:color-mix(in srgb,var(--c-fail) 78%,var(--ink));
--t-warn:color-mix(in srgb,var(--c-warn) 58%,var(--ink));
--t-accent:color-mix(in srgb,var(--accent) 84%,var(--ink));
--q-pass:color-mix(in srgb,var(--c-pass) 50%,var(--bg));
--q-data:color-mix(in srgb,var(--ink) 34%,var(--bg));
--q-ghost:color-mix(in srgb,var(--ink) 13%,var(--bg));
--tint-fail:color-mix(in srgb,var(--c-fail) 7%,var(--bg));
--tint-warn:color-mix(in srgb,var(--c-warn) 9%,var(--bg));
--font:var(--jp-ui-font-family,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif);
--mono:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace);
color:var(--text);font:400 13px/1.5 var(--font);font-variant-numeric:tabular-nums}
body[data-jp-theme-light="true"] .nbops,.vscode-light .nbops{color-scheme:light}
body[data-jp-theme-light="false"] .nbops,.vscode-dark .nbops{color-scheme:dark}
.nbops *{box-sizing:border-box}
.nbops h1,.nbops h2,.nbops h3,.nbops p,.nbops dl,.nbops dd{margin:0}
.nbops h1{font-size:20px;line-height:1.3;font-weight:600;letter-spacing:-.01em;overflow-wrap:anywhere}
.nbops h2{font-size:15px;line-height:1.35;font-weight:600}
.nbops code,.nbops .mono,.nbops pre{font-family:var(--mono);font-size:12px;font-variant-ligatures:none}
.nbops.nbops code,.nbops.nbops :not(pre)>code{background:none;color:inherit;padding:0}
.nbops a{color:var(--t-accent)}
.nbops .muted{color:var(--text2)}.nbops .sm{font-size:12px}.nbops .xs{font-size:11px}.nbops .b{font-weight:600}
.nbops .el{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}
.nbops .bad{font-weight:600;color:var(--t-fail)}.nbops .slow{color:var(--t-warn)}
.nbops .row{display:flex;align-items:center;gap:8px;flex-wrap:wrap}.nbops .grow{flex:1;min-width:0}
.nbops .chip{display:inline-flex;align-items:center;min-height:20px;padding:0 8px;border:1px solid var(--line);border-radius:10px;font-size:11px;color:var(--text2);overflow-wrap:anywhere}
.nbops .sec{margin-top:28px}.nbops .hd{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 10px;margin-bottom:8px}
.nbops .wide{overflow-x:auto}
.nbops table{border-collapse:collapse;width:100%;margin:0;font-size:12px;line-height:18px;color:inherit;border:0}
.nbops tr,.nbops tbody tr:nth-child(odd){background:none}
.nbops th{font-weight:500;color:var(--text2);text-align:left;font-size:11px;padding:4px 8px;border:0;border-bottom:1px solid var(--line);white-space:nowrap;background:none}
.nbops td{padding:5px 8px;border:0;border-bottom:1px solid var(--line-soft);vertical-align:middle;text-align:left;white-space:nowrap;max-width:none}
.nbops tr:last-child>td{border-bottom:0}
.nbops th:first-child,.nbops td:first-child{padding-left:0}.nbops th:last-child,.nbops td:last-child{padding-right:0}
.nbops th.n,.nbops td.n{text-align:right}.nbops .null{color:var(--t-fail);font-style:italic}
.nbops .card{border:1px solid var(--line);border-left:3px solid var(--q-data);border-radius:4px;background:var(--bg);padding:12px 16px 12px 14px}
.nbops .card.is-bad{border-left-color:var(--c-fail)}.nbops .card.is-warned{border-left-color:var(--c-warn)}
.nbops .card .top{display:flex;flex-wrap:wrap;align-items:center;gap:8px;margin-bottom:8px}.nbops .card .name{font-weight:600;font-size:14px}
.nbops .card dl{display:grid;grid-template-columns:52px 1fr;gap:3px 12px;line-height:20px}
.nbops .card dt{color:var(--text2);font-size:11px;font-weight:600;letter-spacing:.05em}
.nbops .card dd{min-width:0;overflow-wrap:anywhere}
.nbops .next{display:grid;grid-template-columns:max-content 1fr;gap:3px 10px}.nbops .next .q{color:var(--text2)}
.nbops.nbops :not(pre)>code.cmd,.nbops code.cmd{display:inline-block;max-width:100%;line-height:20px;padding:1px 7px;border-radius:2px;background:color-mix(in srgb,var(--ink) 5.5%,var(--bg));overflow-wrap:anywhere}
.nbops details>summary{list-style:none;cursor:pointer}.nbops details>summary::-webkit-details-marker{display:none}
.nbops .tw{width:10px;height:10px;flex:none;color:var(--text2);transition:transform .12s}.nbops details[open]>summary .tw{transform:rotate(90deg)}
.nbops summary:focus-visible,.nbops a:focus-visible,.nbops [tabindex]:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.nbops .bar{position:relative;height:30px;min-width:120px;background:repeating-linear-gradient(90deg,var(--line-soft) 0 1px,transparent 1px var(--tick,100%))}
.nbops .bar i{position:absolute;top:6px;height:18px;border-radius:2px;min-width:2px}
.nbops .bar .usual{background:var(--q-ghost)}
.nbops .bar .took{top:10.5px;height:9px;background:var(--q-pass)}
.nbops .bar .warned{background:var(--c-warn)}.nbops .bar .failed,.nbops .bar .error,.nbops .bar .interrupted{background:var(--c-fail)}
.nbops .bar .running{background:var(--accent)}
.nbops svg text{font-family:var(--mono);fill:var(--text);font-size:11px}
.nbops svg .edge{fill:none;stroke:var(--q-data);stroke-width:1.3}.nbops svg .edge.idle{stroke:var(--line-strong);stroke-dasharray:3 3}
.nbops svg .node{fill:var(--bg);stroke:var(--line-strong)}
.nbops svg .s-failed .node,.nbops svg .s-error .node,.nbops svg .s-interrupted .node{stroke:var(--c-fail);stroke-width:1.6;fill:var(--tint-fail)}
.nbops svg .s-warned .node{stroke:var(--c-warn);stroke-width:1.4}.nbops svg .s-running .node{stroke:var(--accent);stroke-width:1.6}
.nbops svg .s-skipped .node,.nbops svg .s-pending .node{stroke-dasharray:3 3}
.nbops svg .s-skipped text,.nbops svg .s-pending text{fill:var(--text2)}
.nbops svg .s-passed .glyph{color:var(--c-pass)}.nbops svg .s-warned .glyph{color:var(--c-warn)}.nbops svg .s-running .glyph{color:var(--accent)}
.nbops svg .s-failed .glyph,.nbops svg .s-error .glyph,.nbops svg .s-interrupted .glyph{color:var(--c-fail)}
.nbops svg .s-skipped .glyph,.nbops svg .s-pending .glyph{color:var(--text2)}
@keyframes nbops-turn{to{transform:rotate(360deg)}}
.nbops-turn{transform-origin:8px 8px;animation:nbops-turn 1.1s linear infinite}
@media (prefers-reduced-motion:reduce){.nbops-turn{animation:none}.nbops .tw{transition:none}}
`,""]),n.d(e,{},{A:t})},"./node_modules/css-loader/dist/cjs.js!../nbops/views/templates/panel.css"(o,e,n){var s=n("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),r=n.n(s),p=n("./node_modules/css-loader/dist/runtime/api.js"),t=(n.n(p))()(r());t.push([o.id,`.nbops-panel{border:1px solid var(--line);border-radius:4px;background:var(--bg);max-width:760px;overflow:hidden;container-type:inline-size}
.nbops-panel .top{padding:10px 12px 8px;border-bottom:1px solid var(--line-soft)}
.nbops-panel .top .b{font-size:14px}
.nbops-panel .sum{display:flex;flex-wrap:wrap;gap:2px 14px;margin-top:4px;font-size:12px}
.nbops-panel .graph{padding:6px 12px;border-bottom:1px solid var(--line-soft);overflow-x:auto;max-height:320px}
.nbops-panel .lh,.nbops-panel .step>summary,.nbops-panel .step.flat{display:grid;grid-template-columns:12px 14px minmax(80px,1fr) 56px minmax(90px,130px) 132px;gap:8px;align-items:center;padding:0 12px;font-size:12px;min-height:28px}
.nbops-panel .lh{color:var(--text2);font-size:11px;min-height:24px;border-bottom:1px solid var(--line)}
.nbops-panel .step{border-top:1px solid var(--line-soft)}.nbops-panel .lh+.step{border-top:0}
.nbops-panel .step>summary:hover{background:var(--hover)}
.nbops-panel .step.is-bad[open]{border-left:3px solid var(--c-fail);background:color-mix(in srgb,var(--c-fail) 3%,var(--bg))}
.nbops-panel .step.is-bad[open]>summary{background:var(--tint-fail);padding-left:9px}
.nbops-panel .step.is-warned[open]>summary{background:var(--tint-warn)}
.nbops-panel .stale{color:color-mix(in srgb,var(--c-warn) 58%,var(--ink));font-size:11px}
.nbops-panel .idle{color:var(--text2)}
.nbops-panel .n{text-align:right;white-space:nowrap}
.nbops-panel .took{display:grid;grid-template-columns:1fr 44px;gap:8px;align-items:center;justify-items:end;white-space:nowrap}
.nbops-panel .meter{position:relative;width:44px;height:8px}.nbops-panel .meter i{position:absolute;left:0;border-radius:1px}
.nbops-panel .meter .usual{top:1px;height:6px;background:var(--q-ghost)}.nbops-panel .meter .now{top:2.5px;height:3px;background:var(--q-data);min-width:1px}
.nbops-panel .meter .now.slow{background:var(--c-warn)}.nbops-panel .meter .now.running{background:var(--accent)}
.nbops-panel .in{padding:2px 12px 10px 46px;font-size:12px}
.nbops-panel.no-usual .took,.nbops-panel .took.word{display:block;text-align:right}
.nbops-panel .in summary{display:list-item;list-style:disclosure-closed inside}.nbops-panel .in details[open]>summary{list-style-type:disclosure-open}
.nbops-panel .foot{padding:6px 12px;border-top:1px solid var(--line-soft);color:var(--text2);font-size:11px;overflow-wrap:anywhere}
.nbops-panel .empty{padding:20px 16px}.nbops-panel .empty p{margin-top:6px}
.nbops-panel input[type=search]{width:100%;border:0;border-bottom:1px solid var(--line-soft);background:var(--bg);color:var(--text);font:12px var(--font);padding:7px 12px}
.nbops-panel input[type=search]:focus-visible{outline:2px solid var(--accent);outline-offset:-2px}
@container (max-width:520px){.nbops-panel .lh,.nbops-panel .step>summary,.nbops-panel .step.flat{grid-template-columns:12px 14px minmax(70px,1fr) 44px 60px}.nbops-panel .rows{display:none}.nbops-panel .meter{display:none}.nbops-panel .took{grid-template-columns:1fr}.nbops-panel .in{padding-left:14px}}
`,""]),n.d(e,{},{A:t})},"./node_modules/css-loader/dist/cjs.js!../nbops/views/templates/steps.css"(o,e,n){var s=n("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),r=n.n(s),p=n("./node_modules/css-loader/dist/runtime/api.js"),t=(n.n(p))()(r());t.push([o.id,`/* The view of a notebook's steps and of a step's record: in JupyterLab's side panel, in outputs, and in the widget. */
.nbops-side.nbops-panel{position:relative}
.nbops-side .lh,.nbops-side .step>.line{display:grid;grid-template-columns:14px minmax(70px,1fr) 40px 84px 62px;gap:8px;align-items:center;padding:0 12px;font-size:12px;min-height:28px;width:100%}
.nbops-side:not(.no-usual) .lh,.nbops-side:not(.no-usual) .step>.line{grid-template-columns:14px minmax(70px,1fr) 40px 96px 92px}
/* what is out of sight costs nothing while one types beside it */
.nbops-side .step{content-visibility:auto;contain-intrinsic-size:auto 30px}
.nbops-side .graph{contain:content}
.nbops-side .step>.line{border:0;background:none;color:inherit;font-family:inherit;text-align:left;cursor:pointer}
.nbops-side .step.idle>.line{color:var(--text2)}
.nbops-side .step>.line:hover{background:var(--hover)}
.nbops-side .step.is-bad.open{border-left:3px solid var(--c-fail);background:color-mix(in srgb,var(--c-fail) 3%,var(--bg))}
.nbops-side .step.is-bad.open>.line{background:var(--tint-fail);padding-left:9px}
.nbops-side .step.is-warned.open>.line{background:var(--tint-warn)}
.nbops-side .step>.in{padding:4px 12px 12px 34px;font-size:12px;line-height:18px}
.nbops-side .step.is-bad.open>.in{padding-left:14px}
.nbops-side .lh>.rows,.nbops-side .line>.rows,.nbops-side .took>.meter{display:block}.nbops-side:not(.no-usual) .took{grid-template-columns:1fr 40px}
.nbops-side .took>.meter{width:40px}.nbops-side .line>.rows{overflow:hidden;text-overflow:ellipsis}
.nbops-side.no-usual .took{display:block}.nbops-side .took.word{display:block}
.nbops-side .took>.meter{justify-self:end}
.nbops-side .sum{font-size:12px;align-items:center}
.nbops-side .sum .s-failed,.nbops-side .sum .s-error,.nbops-side .sum .s-interrupted{font-weight:600}
.nbops-side .saved{margin-top:6px;font-size:12px}
.nbops-side .filter{position:relative}.nbops-side .filter kbd{position:absolute;right:12px;top:7px;font:11px var(--mono);color:var(--text2);pointer-events:none}
.nbops-side .filter input:focus+kbd{display:none}
.nbops .h{font-weight:600;color:var(--text2);font-size:11px}
.nbops .part{margin-top:8px}
.nbops .wrong{margin:4px 0}
.nbops .wrong .row{align-items:baseline;gap:0 6px}.nbops-side .wrong>.row>.grow{flex:1 1 150px}.nbops-side .wrong>.row>:last-child{margin-left:auto}
.nbops .wrong .grow.mono{overflow-wrap:anywhere}
.nbops .wrong .said{padding-left:20px;overflow-wrap:anywhere}
.nbops .failure{overflow-wrap:anywhere;margin:4px 0}
.nbops .failure,.nbops .said{font-size:12px}
.nbops .fold.fold>summary{display:block;list-style:none;cursor:pointer;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.nbops .fold>summary::before{content:"›";display:inline-block;width:12px;color:var(--text2)}
.nbops .fold[open]>summary::before{content:"⌄"}
.nbops .fold ul{margin:2px 0 4px;padding-left:28px}
.nbops .ways{margin-top:6px;overflow-wrap:anywhere}
.nbops .p-strong{font-weight:600}.nbops .p-muted{color:var(--text2)}.nbops .p-warned{color:var(--t-warn)}.nbops .p-good{color:color-mix(in srgb,var(--c-pass) 76%,var(--ink))}
.nbops .picture{padding:4px 0}
.nbops .since{margin-top:2px}
.nbops .change{display:grid;grid-template-columns:minmax(90px,46%) 1fr;gap:8px}.nbops .change>:first-child{white-space:normal;overflow-wrap:anywhere}
.nbops .change>:last-child{overflow-wrap:anywhere}
.nbops pre.diff{margin:2px 0 4px;padding:4px 0;overflow-x:auto;line-height:17px;background:var(--sunk);color:var(--text)}
.nbops pre.diff div{padding:0 8px;min-height:17px}
.nbops pre.diff .is-new{background:color-mix(in srgb,var(--c-pass) 12%,var(--bg))}.nbops pre.diff .is-old{background:var(--tint-fail)}
.nbops .why{margin-top:8px;padding-top:6px;border-top:1px solid var(--line-soft);overflow-wrap:anywhere}
.nbops .refused{margin-top:6px;color:var(--t-warn);overflow-wrap:anywhere}
.nbops .acts{display:flex;flex-wrap:wrap;gap:6px;margin-top:10px}
.nbops .act{border:1px solid var(--line-strong);border-radius:2px;background:var(--bg);color:var(--text);font:500 12px/18px var(--font);padding:3px 10px;cursor:pointer;white-space:nowrap}
.nbops .act:hover{background:var(--hover)}.nbops .act:disabled{color:var(--text2);cursor:default;border-style:dashed}
.nbops .act.main{background:var(--jp-accept-color-normal,var(--accent));border-color:transparent;color:#fff}
.nbops .act .nbops-stale svg{margin-right:1px}
.nbops .link{border:0;background:none;padding:0;font:inherit;font-size:11px;color:var(--t-accent);cursor:pointer}.nbops .link:hover{text-decoration:underline}
.nbops .rules{margin-top:8px}.nbops .rules>.link{font-size:12px}
.nbops .dataset{padding:2px 0 4px}.nbops .dataset+.dataset{border-top:1px solid var(--line-soft)}
.nbops .kept{border-top:1px solid var(--line-soft);padding:3px 0}.nbops .kept .row,.nbops .proposal .row{flex-wrap:nowrap}
.nbops .kept .act{padding:0 8px;font-size:11px}
.nbops .wrap{overflow-wrap:anywhere}
.nbops .reasoned{display:flex;flex-wrap:wrap;gap:6px;align-items:center;padding:6px 0}
.nbops .reasoned input,.nbops .proposal textarea{border:1px solid var(--line-strong);border-radius:2px;background:var(--bg);color:var(--text);font:12px/18px var(--font);padding:3px 6px;color-scheme:inherit}
.nbops .reasoned input[type=text]{flex:1 1 160px}
.nbops .proposal{border-top:1px solid var(--line-soft);padding:5px 0}
.nbops .proposal .what{display:block}.nbops .proposal textarea{width:100%;font-family:var(--mono);margin-top:4px}
.nbops .proposal.dropped .what{text-decoration:line-through;color:var(--text2)}
.nbops .choice{display:inline-flex;flex:none;border:1px solid var(--line-strong);border-radius:2px}
.nbops .choice button{border:0;border-left:1px solid var(--line);background:none;color:var(--text2);font:500 11px/18px var(--font);padding:2px 7px;cursor:pointer}
.nbops .choice button:first-child{border-left:0}.nbops .choice button[aria-pressed=true]{background:color-mix(in srgb,var(--accent) 14%,var(--bg));color:var(--t-accent)}
.nbops pre.said{white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0 0;max-height:260px;overflow:auto;background:none;color:var(--text)}
.nbops-side button:focus-visible,.nbops-badge button:focus-visible,.nbops-side [role=button]:focus-visible,.nbops-side input:focus-visible,.nbops-side textarea:focus-visible{outline:2px solid var(--accent);outline-offset:-2px}
.nbops-side svg [role=button]{cursor:pointer}
.nbops-side .node.is-stale{stroke-dasharray:none}
.nbops svg .stale-mark circle{fill:var(--bg)}.nbops svg .stale-mark path{fill:none;stroke:var(--t-accent);stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
@container (max-width:420px){.nbops-side:not(.no-usual) .lh,.nbops-side:not(.no-usual) .step>.line{grid-template-columns:14px minmax(60px,1fr) 36px 76px 56px}.nbops-side .took>.meter{display:none}.nbops-side:not(.no-usual) .took{grid-template-columns:1fr}}
@container (max-width:340px){.nbops-side .lh,.nbops-side .step>.line,.nbops-side:not(.no-usual) .lh,.nbops-side:not(.no-usual) .step>.line{grid-template-columns:14px minmax(70px,1fr) 40px 56px}.nbops-side .lh>.rows,.nbops-side .line>.rows{display:none}}

/* the record in a cell's output: one line when all is well, no box */
.nbops-record{font-size:13px;line-height:20px;padding:4px 0}
.nbops-record .s-passed{color:color-mix(in srgb,var(--c-pass) 76%,var(--ink))}
.nbops-record .wrong .row{font-size:12px}.nbops-record .wrong .grow.mono{flex:0 1 auto;min-width:180px}
.nbops-record .wide{max-width:max-content}.nbops-record .wide table{width:auto}

/* glyphs */
.nbops .s-failed,.nbops .s-error,.nbops .s-interrupted,.nbops .s-refused{color:var(--t-fail)}
.nbops .s-warned{color:var(--t-warn)}
.nbops .nbops-ic{vertical-align:-2px;flex:none;color:var(--text2)}
.nbops .nbops-ic.s-passed{color:var(--c-pass)}
.nbops .nbops-ic.s-warned{color:var(--c-warn)}
.nbops .nbops-ic.s-running{color:var(--accent)}
.nbops .nbops-ic.s-failed,.nbops .nbops-ic.s-error,.nbops .nbops-ic.s-interrupted,.nbops .nbops-ic.s-refused{color:var(--c-fail)}
.nbops-stale{color:var(--t-accent);font-size:11px;white-space:nowrap}
.nbops-stale svg{vertical-align:-2px;margin-right:3px}
`,""]),n.d(e,{},{A:t})},"./node_modules/css-loader/dist/runtime/api.js"(o){o.exports=function(o){var e=[];return e.toString=function(){return this.map(function(e){var n="",s=void 0!==e[5];return e[4]&&(n+="@supports (".concat(e[4],") {")),e[2]&&(n+="@media ".concat(e[2]," {")),s&&(n+="@layer".concat(e[5].length>0?" ".concat(e[5]):""," {")),n+=o(e),s&&(n+="}"),e[2]&&(n+="}"),e[4]&&(n+="}"),n}).join("")},e.i=function(o,n,s,r,p){"string"==typeof o&&(o=[[null,o,void 0]]);var t={};if(s)for(var a=0;a<this.length;a++){var i=this[a][0];null!=i&&(t[i]=!0)}for(var l=0;l<o.length;l++){var d=[].concat(o[l]);s&&t[d[0]]||(void 0!==p&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=p),n&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=n),r&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=r):d[4]="".concat(r)),e.push(d))}},e}},"./node_modules/css-loader/dist/runtime/noSourceMaps.js"(o){o.exports=function(o){return o[1]}},"./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"(o){var e=[];function n(o){for(var n=-1,s=0;s<e.length;s++)if(e[s].identifier===o){n=s;break}return n}function s(o,s){for(var r={},p=[],t=0;t<o.length;t++){var a=o[t],i=s.base?a[0]+s.base:a[0],l=r[i]||0,d="".concat(i," ").concat(l);r[i]=l+1;var b=n(d),c={css:a[1],media:a[2],sourceMap:a[3],supports:a[4],layer:a[5]};if(-1!==b)e[b].references++,e[b].updater(c);else{var x=function(o,e){var n=e.domAPI(e);return n.update(o),function(e){e?(e.css!==o.css||e.media!==o.media||e.sourceMap!==o.sourceMap||e.supports!==o.supports||e.layer!==o.layer)&&n.update(o=e):n.remove()}}(c,s);s.byIndex=t,e.splice(t,0,{identifier:d,updater:x,references:1})}p.push(d)}return p}o.exports=function(o,r){var p=s(o=o||[],r=r||{});return function(o){o=o||[];for(var t=0;t<p.length;t++){var a=n(p[t]);e[a].references--}for(var i=s(o,r),l=0;l<p.length;l++){var d=n(p[l]);0===e[d].references&&(e[d].updater(),e.splice(d,1))}p=i}}},"./node_modules/style-loader/dist/runtime/insertBySelector.js"(o){var e={};o.exports=function(o,n){var s=function(o){if(void 0===e[o]){var n=document.querySelector(o);if(window.HTMLIFrameElement&&n instanceof window.HTMLIFrameElement)try{n=n.contentDocument.head}catch(o){n=null}e[o]=n}return e[o]}(o);if(!s)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");s.appendChild(n)}},"./node_modules/style-loader/dist/runtime/insertStyleElement.js"(o){o.exports=function(o){var e=document.createElement("style");return o.setAttributes(e,o.attributes),o.insert(e,o.options),e}},"./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"(o,e,n){o.exports=function(o){var e=n.nc;e&&o.setAttribute("nonce",e)}},"./node_modules/style-loader/dist/runtime/styleDomAPI.js"(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var e=o.insertStyleElement(o);return{update:function(n){var s,r,p;s="",n.supports&&(s+="@supports (".concat(n.supports,") {")),n.media&&(s+="@media ".concat(n.media," {")),(r=void 0!==n.layer)&&(s+="@layer".concat(n.layer.length>0?" ".concat(n.layer):""," {")),s+=n.css,r&&(s+="}"),n.media&&(s+="}"),n.supports&&(s+="}"),(p=n.sourceMap)&&"u">typeof btoa&&(s+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(p))))," */")),o.styleTagTransform(s,e,o.options)},remove:function(){var o;null===(o=e).parentNode||o.parentNode.removeChild(o)}}}},"./node_modules/style-loader/dist/runtime/styleTagTransform.js"(o){o.exports=function(o,e){if(e.styleSheet)e.styleSheet.cssText=o;else{for(;e.firstChild;)e.removeChild(e.firstChild);e.appendChild(document.createTextNode(o))}}},"./style/index.js"(o,e,n){var s=n("./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"),r=n.n(s),p=n("./node_modules/style-loader/dist/runtime/styleDomAPI.js"),t=n.n(p),a=n("./node_modules/style-loader/dist/runtime/insertBySelector.js"),i=n.n(a),l=n("./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"),d=n.n(l),b=n("./node_modules/style-loader/dist/runtime/insertStyleElement.js"),c=n.n(b),x=n("./node_modules/style-loader/dist/runtime/styleTagTransform.js"),g=n.n(x),u=n("./node_modules/css-loader/dist/cjs.js!./style/base.css"),f={};f.styleTagTransform=g(),f.setAttributes=d(),f.insert=i().bind(null,"head"),f.domAPI=t(),f.insertStyleElement=c(),r()(u.A,f),u.A&&u.A.locals&&u.A.locals}}]);