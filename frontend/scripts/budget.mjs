// Fails when the script that a first visit loads (brotli) is above the budget of its tree.
import { readFileSync, statSync } from 'node:fs';

const KB = 1000;
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));

/** Every chunk that loads with `key`, its static imports included. */
function chunks(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const other of manifest[key].imports ?? []) chunks(other, seen);
  return seen;
}

const HOME = 'src/features/home/HomePage.tsx';
const shop = ['home/HomePage', 'products/ProductPage', 'sale/SalePage', 'orders/OrderPage'];
const budgets = [
  ...shop.map((page) => [`src/features/${page}.tsx`, 150 * KB]),
  ['src/features/pay/PayPage.tsx', 150 * KB],
  ['src/features/workbooks/WorkbookPage.tsx', 150 * KB],
  ['src/admin/AdminRoutes.tsx', 380 * KB],
];
let failed = false;
for (const [page, budget] of budgets) {
  // A page that the entry imports itself has no chunk of its own.
  const own = manifest[page] ? chunks(page) : [];
  if (!manifest[page] && page !== HOME) throw new Error(`${page} is not in the build`);
  const files = [...chunks('index.html'), ...own].map((key) => manifest[key].file);
  const sum = [...new Set(files)].reduce((all, file) => all + statSync(`dist/${file}.br`).size, 0);
  const verdict = sum > budget ? 'TOO LARGE' : 'ok';
  failed ||= sum > budget;
  console.log(`${(sum / KB).toFixed(1).padStart(7)} kB of ${budget / KB} kB  ${verdict}  ${page}`);
}
process.exit(failed ? 1 : 0);
