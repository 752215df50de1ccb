/**
 * What the report adds when a browser runs scripts: sorting tables, switching the theme, opening folded parts for print.
 * Everything else works without it.
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

let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open])')];
  for (const details of opened) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of opened) details.open = false;
});
