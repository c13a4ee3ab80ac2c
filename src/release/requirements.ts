/** What a release says it needs: the packages its requirements name, as its own build reads them. */
import type { Tree } from './tree.ts';

/**
 * The packages that a platform's requirements name, with what is asked of their version (`==1.2.3`, or nothing), in
 * order of their names. Read from `requirements/<platform>.txt` and what it includes; of an installed package or a wheel
 * from its metadata. A line for another system than Linux on x86 is left out. Empty when the tree says nothing.
 */
export function readRequirements(tree: Tree, platform: string): Record<string, string> {
  const found = new Map<string, string>();
  const file = fileOf(platform);
  if (tree.read(file) !== undefined) fromFile(tree, file, found, new Set());
  else for (const line of metadata(tree)) add(found, line);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a tree says what a platform needs, apart from what it was built for. */
export const namesRequirements = (tree: Tree, platform: string): boolean => tree.read(fileOf(platform)) !== undefined;

const fileOf = (platform: string): string => `requirements/${platform}.txt`;

function fromFile(tree: Tree, file: string, found: Map<string, string>, seen: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  for (const line of (tree.read(file) ?? '').replaceAll('\\\n', '').split('\n')) {
    const included = /^\s*(?:-r|--requirement)[ =]\s*(\S+)/.exec(line)?.[1];
    if (included !== undefined) fromFile(tree, `${file.slice(0, file.lastIndexOf('/'))}/${included}`, found, seen);
    else add(found, line);
  }
}

function metadata(tree: Tree): string[] {
  const file = tree.list('').find((path) => /^[^/]+\.dist-info\/METADATA$/.test(path));
  return [...((file && tree.read(file)) ?? '').matchAll(/^Requires-Dist:\s*(.*)$/gm)].map(([, line]) => line!);
}

const LINE = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;#()]*)\)?\s*(?:;([^#]*))?(?:#.*)?$/;

function add(found: Map<string, string>, line: string): void {
  const match = LINE.exec(line.replace(/\s#.*$/, ''));
  if (!match || elsewhere(match[3] ?? '')) return;
  const name = match[1]!.toLowerCase().replaceAll(/[-_.]+/g, '-');
  found.set(name, match[2]!.replaceAll(/\s+/g, ''));
}

/** Whether a marker speaks of another system, or of an extra that nobody asked for. */
const elsewhere = (marker: string): boolean =>
  /\bextra\s*==/.test(marker) ||
  [...marker.matchAll(/\b(platform_system|sys_platform|platform_machine)\s*(==|!=)\s*['"](\w+)['"]/g)].some(
    ([, what, sign, value]) =>
      (value!.toLowerCase() === (what === 'platform_machine' ? 'x86_64' : 'linux')) !== (sign === '=='),
  );
