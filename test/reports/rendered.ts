/** The pages that several tests look at, each rendered once. */
import html from '../../reports/html/index.ts';
import { buildEmpty, buildInput } from './builder.ts';
import { buildFull } from './builder-full.ts';

/** Everything a name could try: markup, script ends, quotes, template syntax, control and bidi characters, line ends, combining marks, length. */
export const HOSTILE = ` <img src=x onerror="window.obeyed=1">"'\`</script></title><script>window.obeyed=1</script>{{obeyed}}\u0000\u001b[31mred\u202Egnp.exe\n\r\t\u2028\u2029\ud800e${'\u0301'.repeat(50)}${'W'.repeat(300)}`;

export const usual = await buildInput();
export const full = await buildFull();
const names = {
  hostile: HOSTILE,
  models: [`first${HOSTILE}`, `second${HOSTILE}`],
  classes: [`neutral${HOSTILE}`, `smiling${HOSTILE}`],
};
export const hostile = await buildInput(names);
/** Every field a report can show, each with a hostile text. */
export const hostileFull = await buildFull(names);
export const empty = await buildEmpty();

export const pages = {
  usual: html.render(usual, {}),
  full: html.render(full, {}),
  hostile: html.render(hostileFull, {}),
  empty: html.render(empty, {}),
};
