/*
 * How the widget looks: tokens, then one block for each part, top to bottom of the panel.
 *
 * Invariant: nothing of the host page's style reaches in (`all: initial`) and nothing leaks out
 * (shadow root). Distances stand on a grid of 4 px.
 */

const DARK = `
  --ground: #121a1c; --raised: #182326; --sunken: #22302f; --line: #2e3c3f;
  --ink1: #e9efef; --ink2: #a9b8b7; --ink3: #8b9b9a;
  --accent: #14716b; --accent-hover: #188079; --on-accent: #f3fffd; --accent-ink: #6fd0c6;
  --attention: #f0a840; --danger: #ff9c92; --ok: #5bd08f;
  --shadow: 0 0 0 1px #2e3c3f, 0 16px 48px rgb(0 0 0 / .5), 0 4px 12px rgb(0 0 0 / .3);
  color-scheme: dark;`;

const STYLE = `
:host { all: initial !important; display: contents !important; }
.root {
  all: initial; direction: ltr; display: block; color-scheme: light; color: var(--ink1); text-align: start;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR", "Noto Sans KR", sans-serif;
  --ground: #f6f8f8; --raised: #fff; --sunken: #edf1f1; --line: #dde4e4;
  --ink1: #15211f; --ink2: #4d5c5b; --ink3: #667574;
  --accent: #0e5f5b; --accent-hover: #0a4e4b; --on-accent: #fff; --accent-ink: #0e5f5b;
  --attention: #f0a840; --danger: #b3261e; --ok: #1f8a55;
  --shadow: 0 0 0 1px rgb(16 40 38 / .06), 0 16px 48px rgb(16 40 38 / .18), 0 4px 12px rgb(16 40 38 / .1);
  -webkit-font-smoothing: antialiased; -webkit-text-size-adjust: 100%;
}
.root[data-theme=dark] {${DARK}}
@media (prefers-color-scheme: dark) { .root[data-theme=auto] {${DARK}} }
.root:lang(ko) { word-break: keep-all; }
.root:lang(ko) .bubble { line-height: 24px; }
* { box-sizing: border-box; margin: 0; padding: 0; font: inherit; color: inherit; letter-spacing: inherit; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
svg { display: block; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
button { background: none; border: 0; cursor: pointer; -webkit-tap-highlight-color: transparent; }
button, input, textarea, .body, .panel { outline: none; }
button:focus-visible, a:focus-visible { outline: 2px solid var(--accent-ink); outline-offset: 2px; }
a { direction: ltr; unicode-bidi: isolate; }
.body, .status, .rating, .peek { overflow-wrap: anywhere; }
.body:focus-visible { box-shadow: inset 0 0 0 2px var(--accent-ink); }

.launcher {
  position: fixed; z-index: 2147483000; right: 24px; bottom: calc(24px + env(safe-area-inset-bottom, 0px));
  width: 56px; height: 56px; border-radius: 50%; display: grid; place-items: center;
  background: var(--accent); color: var(--on-accent); box-shadow: 0 4px 16px rgb(10 60 56 / .32), 0 1px 3px rgb(10 60 56 / .24);
  transition: background-color 120ms ease-out, transform 120ms ease-out;
}
.launcher:hover { background: var(--accent-hover); transform: translateY(-1px); }
.launcher:focus-visible { outline-offset: 3px; outline-width: 3px; }
.launcher .down, [data-open=true] .launcher .chat { display: none; }
[data-open=true] .launcher .down { display: block; }
.badge {
  position: absolute; top: -4px; right: -4px; min-width: 24px; height: 24px; padding: 0 6px; border-radius: 12px;
  background: var(--attention); color: #2b1a00; font-size: 13px; font-weight: 650; line-height: 24px; text-align: center;
  font-variant-numeric: tabular-nums; box-shadow: 0 0 0 2px var(--raised);
}
.peek {
  position: fixed; z-index: 2147483000; right: 24px; bottom: calc(92px + env(safe-area-inset-bottom, 0px)); width: 264px; padding: 12px 16px;
  background: var(--raised); border-radius: 12px; box-shadow: var(--shadow); text-align: start; animation: rise 160ms ease-out;
}
.peek b { display: block; font-size: 13px; font-weight: 600; color: var(--ink2); }
.peek span { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; overflow-wrap: anywhere; }

.panel {
  position: fixed; z-index: 2147483000; right: 24px; bottom: calc(96px + env(safe-area-inset-bottom, 0px));
  width: 376px; height: min(620px, calc(100vh - 120px)); display: flex; flex-direction: column; overflow: hidden;
  background: var(--raised); border-radius: 16px; box-shadow: var(--shadow); animation: rise 160ms ease-out;
}
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }
.head { display: flex; align-items: center; gap: 12px; padding: 16px 12px 16px 16px; border-bottom: 1px solid var(--line); }
.mark { flex: none; width: 40px; height: 40px; border-radius: 12px; display: grid; place-items: center; background: var(--accent); color: var(--on-accent); }
.grow { flex: 1; min-width: 0; }
h2 { font-size: 15px; font-weight: 650; line-height: 20px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.status { display: flex; align-items: baseline; gap: 6px; font-size: 13px; line-height: 20px; color: var(--ink2); }
.status span { overflow: hidden; text-overflow: ellipsis; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; }
.dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--ok); }
.status[data-state=connecting] .dot, .status[data-away=true] .dot { background: var(--ink3); }
.status[data-state=offline] .dot, .status[data-state=outdated] .dot { background: none; box-shadow: inset 0 0 0 2px var(--ink3); }
.quiet { flex: none; height: 32px; padding: 0 12px; border-radius: 8px; font-size: 13px; font-weight: 550; color: var(--ink2); }
.round { flex: none; width: 32px; height: 32px; border-radius: 8px; display: grid; place-items: center; color: var(--ink2); }
.quiet:hover, .round:hover { background: var(--sunken); color: var(--ink1); }
.face { flex: none; width: 36px; height: 36px; border-radius: 50%; object-fit: cover; }
[data-face=true] .mark { display: none; }
.head .quiet + .round { margin-left: -8px; }

.body { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px; display: flex; flex-direction: column; background: var(--ground); scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
.intro { padding: 8px 4px 16px; color: var(--ink2); }
h3 { margin-bottom: 4px; font-size: 18px; font-weight: 650; line-height: 28px; color: var(--ink1); }
.intro input {
  width: 100%; height: 40px; margin-top: 16px; padding: 0 12px; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); color: var(--ink1);
}
::placeholder { color: var(--ink3); opacity: 1; }
.intro input:focus, .intro textarea:focus, .rating input:focus { border-color: var(--accent-ink); box-shadow: 0 0 0 1px var(--accent-ink); }
.line { display: flex; flex-direction: column; align-items: flex-start; position: relative; margin-top: 4px; padding: 0 32px 0 36px; }
.line.first { margin-top: 16px; }
.line.mine { align-items: flex-end; padding: 0 0 0 48px; }
[role=log] > :first-child { margin-top: 0; }
.who { display: none; margin: 0 0 4px 4px; font-size: 13px; font-weight: 550; line-height: 16px; color: var(--ink2); }
.theirs.first .who { display: block; }
.mine.first .who { display: block; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.bubble {
  max-width: 100%; padding: 8px 12px; border-radius: 14px; background: var(--raised); box-shadow: inset 0 0 0 1px var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere; line-height: 22px; text-wrap: pretty;
}
.theirs:not(.first) .bubble { border-top-left-radius: 4px; }
.theirs:not(.last) .bubble { border-bottom-left-radius: 4px; }
.mine .bubble { background: var(--accent); color: var(--on-accent); box-shadow: none; }
.mine:not(.first) .bubble { border-top-right-radius: 4px; }
.mine:not(.last) .bubble { border-bottom-right-radius: 4px; }
.mine.sending .bubble { opacity: .72; }
.mine.failed .bubble { background: none; color: var(--ink1); box-shadow: inset 0 0 0 1px var(--danger); }
.bubble a { text-decoration: underline; text-underline-offset: 2px; color: var(--accent-ink); }
.mine .bubble a { color: inherit; }
.meta { display: none; margin: 4px 4px 0; font-size: 12px; line-height: 16px; color: var(--ink3); font-variant-numeric: tabular-nums; }
.last .meta { display: block; }
.sending .meta { animation: appear 1ms 500ms both; }
@keyframes appear { from { opacity: 0; } }
.failed .meta { color: var(--danger); text-align: end; }
.link { margin-inline-start: 8px; font-weight: 600; text-decoration: underline; text-underline-offset: 2px; border-radius: 2px; }
.theirs.last::before {
  content: attr(data-initial); content: attr(data-initial) / ""; position: absolute; left: 0; bottom: 20px; width: 28px; height: 28px; border-radius: 50%;
  background: var(--sunken); color: var(--ink2); font-size: 13px; font-weight: 600; line-height: 28px; text-align: center;
}
.bubble.file { display: flex; align-items: center; gap: 8px; white-space: normal; }
.bubble.file > a { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; text-decoration: none; }
.bubble.file img { flex: none; display: block; max-width: 100%; border-radius: 8px; background: var(--sunken); }
.bubble.file .clip { flex: none; }
.about { display: block; min-width: 0; font-size: 13px; line-height: 18px; }
.about b { display: block; font-weight: 600; }
.bubble.file a:hover .about b { text-decoration: underline; text-underline-offset: 2px; }
.clip.round { width: 36px; height: 36px; border-radius: 50%; }
.drop {
  position: absolute; inset: 8px; z-index: 2; display: grid; place-items: center; border: 2px dashed var(--accent-ink); border-radius: 12px;
  background: var(--raised); color: var(--accent-ink); font-weight: 600; opacity: .94; pointer-events: none;
}
.options { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; padding: 0 32px 0 36px; }
.options:empty { display: none; }
.option { padding: 6px 14px; border-radius: 16px; background: var(--raised); box-shadow: inset 0 0 0 1px var(--accent-ink); color: var(--accent-ink); font-weight: 600; overflow-wrap: anywhere; }
.option:hover { background: var(--sunken); }
.note, .day { margin: 16px 0 0; font-size: 13px; line-height: 20px; text-align: center; color: var(--ink3); }
.note + .note { margin-top: 4px; }
.day { font-size: 12px; font-weight: 550; }
.typing { display: flex; align-items: center; gap: 8px; margin-top: 12px; font-size: 13px; line-height: 20px; color: var(--ink2); }
.dots { display: inline-flex; gap: 4px; padding: 8px 10px; border-radius: 12px; background: var(--sunken); }
.dots i { width: 5px; height: 5px; border-radius: 50%; background: var(--ink3); animation: beat 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .15s; }
.dots i:nth-child(3) { animation-delay: .3s; }
@keyframes beat { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; } }
.below {
  align-self: center; display: flex; align-items: center; gap: 4px; height: 32px; margin: -44px 0 12px; padding: 0 12px 0 14px; border-radius: 16px; z-index: 1;
  background: var(--raised); box-shadow: var(--shadow); font-size: 13px; font-weight: 600; color: var(--accent-ink);
}

.rating { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; padding: 4px 16px; font-size: 13px; line-height: 20px; color: var(--ink2); }
.rating p { flex: 1; }
.rating.wanted p { font-weight: 600; color: var(--ink1); }
.thumb { width: 32px; height: 32px; border-radius: 50%; display: grid; place-items: center; }
.thumb[aria-pressed=true] { color: var(--accent-ink); }
.thumb:hover, .thumb[aria-pressed=true] { background: var(--sunken); box-shadow: inset 0 0 0 1px var(--line); }
form, .over, .confirm { padding: 12px 16px 16px; border-top: 1px solid var(--line); background: var(--raised); }
.intro .leave { display: grid; gap: 8px; margin-top: 12px; padding: 12px 0 0; background: none; }
.intro .leave input { margin: 0; }
.intro .leave textarea { height: auto; padding: 8px 12px; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
.rating form { flex: 1 0 100%; display: flex; gap: 8px; padding: 0 0 8px; border: 0; background: none; }
.rating input { flex: 1; min-width: 0; height: 32px; padding: 0 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); font-size: 13px; }
.field { display: flex; align-items: flex-end; gap: 4px; padding: 3px; border: 1px solid var(--line); border-radius: 22px; background: var(--raised); transition: border-color 120ms ease-out; }
.field:focus-within { border-color: var(--accent-ink); box-shadow: 0 0 0 1px var(--accent-ink); }
textarea { flex: 1; min-width: 0; height: 36px; max-height: 136px; padding: 7px 4px 7px 12px; border: 0; resize: none; background: none; line-height: 22px; overflow-wrap: anywhere; scrollbar-width: thin; }
.send { flex: none; width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center; background: var(--accent); color: var(--on-accent); transition: background-color 120ms ease-out; }
.send:hover { background: var(--accent-hover); }
.send[aria-disabled=true] { background: var(--sunken); color: var(--ink3); cursor: default; }
.count { font-size: 12px; line-height: 16px; color: var(--ink3); text-align: end; font-variant-numeric: tabular-nums; }
.count:not(:empty) { margin-top: 8px; }
.count.bad { color: var(--danger); }
.primary, .danger, .plain { height: 40px; padding: 0 16px; border-radius: 10px; font-weight: 600; }
.primary { width: 100%; background: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent-hover); }
.confirm { display: flex; flex-wrap: wrap; gap: 8px; }
.confirm p { flex: 1 0 100%; margin-bottom: 4px; font-weight: 600; }
.plain, .danger { flex: 1; box-shadow: inset 0 0 0 1px var(--line); }
.plain:hover, .danger:hover { background: var(--sunken); }
.danger { color: var(--danger); }

@media (max-width: 480px) {
  .panel { inset: 0 0 auto 0; width: 100%; height: 100vh; height: 100dvh; border-radius: 0; }
  [data-open=true] .launcher { display: none; }
  .launcher, .peek { right: 16px; }
  .peek { max-width: calc(100vw - 32px); }
  .launcher { bottom: calc(16px + env(safe-area-inset-bottom, 0px)); }
  .peek { bottom: calc(84px + env(safe-area-inset-bottom, 0px)); }
  textarea, .intro input { font-size: 16px; }
  form, .over, .confirm { padding-bottom: calc(16px + env(safe-area-inset-bottom, 0px)); }
}
@media (max-width: 360px) { .mark { display: none; } }
/* A telephone on its side, or a page enlarged four times: what is said must have room. */
@media (max-height: 480px) {
  .panel { top: 0; bottom: auto; height: 100vh; height: 100dvh; border-radius: 0; }
  [data-open=true] .launcher { display: none; }
  .head { padding-block: 8px; }
  form, .over, .confirm { padding-block: 8px; }
}
@media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { .launcher, .panel, .bubble, .send, .field, .peek { border: 1px solid CanvasText; } :focus-visible { outline: 2px solid Highlight !important; } }
@media print { .root { display: none; } }
`;
