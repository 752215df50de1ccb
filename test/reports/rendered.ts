/** The pages that several tests look at, each rendered once. */
import html from '../../reports/html/index.ts';
import { buildEmpty, buildInput } from './builder.ts';
import { buildFull } from './builder-full.ts';

/** Everything a name could try: markup, script ends, quotes, template syntax, control and bidi characters, line ends, combining marks, length. */
export const HOSTILE = ` <img src=x onerror="window.obeyed=1">"'\`</script></title><script>window.obeyed=1</script>{{obeyed}}\u0000\u001b[31mred\u202Egnp.exe\n\r\t\u2028\u2029\ud800e${'\u0301'.repeat(50)}${'W'.repeat(300)}`;

const PAYLOADS = [
  '<script>window.obeyed=1</script>',
  '<img src=x onerror=window.obeyed=1>',
  '<svg/onload=window.obeyed=1>',
  '"><iframe srcdoc="<script>parent.obeyed=1</script>">',
  '<a href="javascript:window.obeyed=1" autofocus onfocus=window.obeyed=1>',
  '<style>*{display:none}</style>',
  '<base href="https://example.org/">',
  '<meta http-equiv=refresh content="0;url=https://example.org/">',
  '</table></section></main><h1>Pass</h1>',
  '<!-- ',
  ']]>',
  '&lt;b&gt;&#x3C;',
  '{{{obeyed}}}{{#each this}}{{/each}}',
  '${window.obeyed=1}',
  '__proto__',
  'constructor',
  '\u202Eevil\u2066',
  'A'.repeat(500),
  '漢'.repeat(200),
  '👩\u200d👩\u200d👧'.repeat(40),
];

/** A hundred of them, each in five settings. */
export const HUNDRED = PAYLOADS.flatMap((payload) => [
  payload,
  `'${payload}'`,
  `" ${payload} "`,
  `${payload}\n${payload}`,
  `name=${payload}\u0000`,
]);

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
  hundred: html.render(await buildFull({ classes: HUNDRED }), {}),
  empty: html.render(empty, {}),
};
