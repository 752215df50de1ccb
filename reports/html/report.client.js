/**
 * What the report adds when a browser runs scripts: sorting and filtering tables, a slider between an image and its attack, links into folded
 * parts, a download of the machine's result, switching the theme, opening folded parts for print. Everything else works without it.
 */
const root = document.documentElement;

const theme = document.getElementById('theme');
const isDark = () =>
  root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
const nameTheme = () => {
  theme.textContent = isDark() ? 'Light' : 'Dark';
  theme.setAttribute('aria-label', `Switch to the ${isDark() ? 'light' : 'dark'} theme`);
};
theme.hidden = false;
theme.addEventListener('click', () => {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  nameTheme();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', nameTheme);
nameTheme();

const order = new Intl.Collator('en', { numeric: true });

/** Numbers before words; what has no value comes last whichever way the rest is sorted. */
const keyOf = (row, column) => {
  const cell = row.cells[column];
  const text = cell.dataset.sort ?? cell.textContent.trim();
  return { empty: text === '', number: cell.dataset.sort === undefined ? Number.NaN : Number(text), text };
};
const compare = (a, b, direction) => {
  if (a.empty || b.empty) return a.empty - b.empty;
  if (Number.isNaN(a.number) || Number.isNaN(b.number)) return direction * order.compare(a.text, b.text);
  return direction * (a.number - b.number);
};

/** Sorts within each section; `direction` 0 restores the order of the report. */
const sort = (bodies, column, direction) => {
  for (const { body, rows } of bodies) {
    const sorted = rows.map((row) => ({ row, key: keyOf(row, column) }));
    if (direction !== 0) sorted.sort((a, b) => compare(a.key, b.key, direction));
    body.append(...sorted.map(({ row }) => row));
  }
};

for (const table of document.querySelectorAll('table[data-sortable]')) {
  const bodies = [...table.tBodies].map((body) => ({
    body,
    rows: [...body.rows].filter((row) => row.cells.length > 1),
  }));
  if (bodies.every(({ rows }) => rows.length < 2)) continue;
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    if ('fixed' in heading.dataset) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => {
      const now = heading.getAttribute('aria-sort');
      const next = now === null ? 'ascending' : now === 'ascending' ? 'descending' : null;
      for (const other of headings) other.removeAttribute('aria-sort');
      if (next !== null) heading.setAttribute('aria-sort', next);
      sort(bodies, column, next === null ? 0 : next === 'ascending' ? 1 : -1);
    });
  });
}

const element = (name, attributes, ...children) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
};

/** Shortest table that is worth filtering. */
const LONG = 12;
for (const table of document.querySelectorAll('table[data-sortable]')) {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches('.section'));
  if (rows.length < LONG) continue;
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const told = element('span', { ariaLive: 'polite' });
  const input = element('input', { type: 'search', placeholder: 'Filter rows' });
  const name = table.caption?.textContent ?? table.closest('.scroll').ariaLabel ?? 'the table';
  input.setAttribute('aria-label', `Filter the rows of ${name}`);
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase().split(/\s+/);
    let left = 0;
    for (const [index, row] of rows.entries()) {
      row.hidden = !wanted.every((word) => texts[index].includes(word));
      if (!row.hidden) left++;
    }
    told.textContent = input.value.trim() === '' ? '' : `${left} of ${rows.length} rows`;
  });
  table.closest('.scroll').before(element('div', { className: 'filter' }, input, told));
}

for (const triple of document.querySelectorAll('[data-compare]')) {
  const [clean, adversarial, difference] = triple.children;
  const over = adversarial.querySelector('img').cloneNode();
  over.className = 'over';
  over.alt = '';
  const range = element('input', { type: 'range', min: 0, max: 100, value: 50 });
  range.setAttribute('aria-label', `Share of the clean image shown: ${clean.querySelector('img').alt}`);
  const frame = element('div', { className: 'compare' }, clean.querySelector('img').cloneNode(), over, range);
  range.addEventListener('input', () => frame.style.setProperty('--at', `${range.value}%`));
  const ends = element(
    'p',
    { className: 'compare-ends' },
    element('span', {}, 'clean'),
    element('span', {}, 'adversarial'),
  );
  const slider = element('figure', { hidden: true }, frame, ends);
  difference.after(slider);
  const button = element('button', { type: 'button', className: 'button compare-button' }, 'Slide between them');
  button.addEventListener('click', () => {
    slider.hidden = !slider.hidden;
    for (const figure of [clean, adversarial, difference]) figure.hidden = !slider.hidden;
    triple.classList.toggle('single', !slider.hidden);
    button.textContent = slider.hidden ? 'Slide between them' : 'Side by side';
  });
  triple.after(button);
}

/** Opens whatever is folded around the target of a link, then goes there. */
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  for (let at = target; at !== null; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
  target.scrollIntoView();
};
addEventListener('hashchange', openTarget);
if (location.hash !== '') openTarget();

for (const heading of document.querySelectorAll('section > h2, .finding > h3')) {
  const { id } = heading.closest('section[id], article[id]');
  const anchor = element('a', { className: 'anchor', href: `#${id}` }, '#');
  anchor.setAttribute('aria-label', `Link to ${heading.textContent}`);
  heading.append(anchor);
}

const download = element('button', { type: 'button', className: 'button' }, 'Download it as JSON');
download.addEventListener('click', () => {
  const blob = new Blob([document.getElementById('results').textContent], { type: 'application/json' });
  const link = element('a', { href: URL.createObjectURL(blob), download: 'results.embedded.json' });
  link.click();
  URL.revokeObjectURL(link.href);
});
document.getElementById('machine').append(download);

let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open])')];
  for (const details of opened) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of opened) details.open = false;
});
