// A quote in pieces, those that matched the need marked; joined, they are the quote to the letter.

const LETTER = /[\p{L}\p{N}]/u;

export function pieces(quote, words) {
  const known = [...new Set(words ?? [])].filter(Boolean).sort((one, other) => other.length - one.length);
  if (!known.length) return [{ text: quote, isMatch: false }];
  const pattern = new RegExp(known.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'gu');
  const found = [];
  let end = 0;
  for (const match of quote.matchAll(pattern)) {
    if (isInsideWord(quote, match.index, match[0])) continue;
    if (match.index > end) found.push({ text: quote.slice(end, match.index), isMatch: false });
    found.push({ text: match[0], isMatch: true });
    end = match.index + match[0].length;
  }
  if (end < quote.length) found.push({ text: quote.slice(end), isMatch: false });
  return found;
}

function isInsideWord(quote, start, word) {
  const before = quote[start - 1] ?? '';
  const after = quote[start + word.length] ?? '';
  return (LETTER.test(before) && LETTER.test(word[0])) || (LETTER.test(after) && LETTER.test(word.at(-1)));
}
