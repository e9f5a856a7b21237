// A table for a spreadsheet, as the service writes it (service/csv_answers.py): no contact data, nothing that a cell runs.

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const ADDRESS = /[^\s<>()[\]{},;:"@/|＠=]+[@＠][^\s<>()[\]{},;:"@/|＠=.]+(?:\.[^\s<>()[\]{},;:"@/|＠=.]+)+/g;
const BYTE_ORDER_MARK = '\ufeff'; // without it, Excel reads UTF-8 as something else

export function cell(value) {
  if (typeof value === 'number') return String(value);
  const text = String(value ?? '').replace(ADDRESS, '');
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const table = (rows) => BYTE_ORDER_MARK + rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');

export function save(name, rows) {
  const address = URL.createObjectURL(new Blob([table(rows)], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
