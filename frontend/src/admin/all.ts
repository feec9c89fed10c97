/** Every page of a list, up to a bound that a table still shows well. */
interface Page<T> {
  items: T[];
  page: number;
  total_page: number;
}

const PAGES_MAX = 20;

export async function all<T>(load: (page: number) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const found = await load(page);
    items.push(...found.items);
    if (page >= found.total_page) break;
  }
  return items;
}
