/** An object below a key of JSON, as it is written: a float that is whole would be an int once it was parsed. */
export function writtenIn(text: string, key: string): string | undefined {
  const from = text.indexOf(`"${key}":`);
  const start = text.indexOf('{', from);
  if (from === -1 || start === -1) return undefined;
  let depth = 0;
  for (const { 0: found, index } of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    depth += found === '{' ? 1 : found === '}' ? -1 : 0;
    if (depth === 0 && found === '}') return text.slice(start, start + index + 1);
  }
  return undefined;
}
