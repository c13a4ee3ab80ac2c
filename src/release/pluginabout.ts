/** What a package says of itself that vLLM may take in: its name, its version, what it requires, its entry points. */
import { WhichattnError } from '../rules/index.ts';
import type { Tree } from './tree.ts';

/** A function that a package offers under a name. */
export interface EntryPoint {
  readonly group: string;
  readonly name: string;
  readonly module: string;
  readonly attribute: string;
}

/** What a package says of itself. */
export interface PluginAbout {
  readonly name: string;
  readonly version: string;
  /** What it requires, by the names of the packages: `>=1.2`, or nothing. */
  readonly requires: Readonly<Record<string, string>>;
  readonly entryPoints: readonly EntryPoint[];
}

/** A plug-in as it is kept with what was learned of it. */
export interface LearnedPlugin {
  readonly name: string;
  readonly version: string;
  readonly source: { readonly file: string; readonly sha256: string };
  /** By platform: what names its class, and the class. */
  readonly platforms: Readonly<Record<string, { readonly by: string; readonly class: string }>>;
}

/** What a package's metadata says, or where it was not built its pyproject.toml. Throws where it does not say what it is. */
export function readPlugin(tree: Tree, where: string): PluginAbout {
  const files = tree.list('');
  const metadata = files.find((file) => /(?:^|\/)(?:METADATA|PKG-INFO)$/.test(file));
  const text = (metadata && tree.read(metadata)) ?? '';
  const project = tree.read('pyproject.toml') ?? '';
  const said = (field: string): string | undefined =>
    new RegExp(`^${field}:[ \\t]*(\\S+)`, 'mi').exec(text)?.[1] ??
    new RegExp(`^${field.toLowerCase()}[ \\t]*=[ \\t]*["']([^"']+)["']`, 'm').exec(section(project, 'project'))?.[1];
  const [name, version] = [said('Name'), said('Version')];
  if (name === undefined || version === undefined) {
    throw new WhichattnError({
      code: 'unknown-plugin',
      what: `The package does not say ${name === undefined ? 'its name' : 'its version'}`,
      why: 'It has no metadata, as a wheel or a source release has.',
      where,
      todo: 'Build it, or take the wheel or the source release.',
    });
  }
  const listed = files.find((file) => /\.(?:dist|egg)-info\/entry_points\.txt$/.test(file));
  const entryPoints = listed === undefined ? ofProject(project) : ofIni(tree.read(listed) ?? '');
  return { name: name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version, requires: required(text), entryPoints };
}

/** The lines of a table of a TOML file. */
const section = (toml: string, name: string): string =>
  new RegExp(`^\\[${name}\\]\\s*$([\\s\\S]*?)(?=^\\[|(?![\\s\\S]))`, 'm').exec(toml)?.[1] ?? '';

function ofIni(text: string): EntryPoint[] {
  let group = '';
  return text.split('\n').flatMap((line) => {
    const head = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (head !== undefined) group = head.trim();
    return head === undefined ? entryPoint(group, line) : [];
  });
}

function ofProject(toml: string): EntryPoint[] {
  const groups = [...toml.matchAll(/^\[project\.entry-points\.["']?([^\]"']+)["']?\]/gm)].map((m) => m[1]!);
  return groups.flatMap((group) =>
    section(toml, `project\\.entry-points\\.["']?${group.replaceAll('.', '\\.')}["']?`)
      .split('\n')
      .flatMap((line) => entryPoint(group, line.replaceAll(/["']/g, ''))),
  );
}

/** `name = module:attribute` */
function entryPoint(group: string, line: string): EntryPoint[] {
  const [, name, module, attribute] = /^\s*([^=#;\s][^=]*?)\s*=\s*([\w.]+)\s*:\s*(\w+)\s*(?:\[.*)?$/.exec(line) ?? [];
  return name !== undefined && module !== undefined && attribute !== undefined
    ? [{ group, name, module, attribute }]
    : [];
}

function required(metadata: string): Record<string, string> {
  const lines = [
    ...metadata.matchAll(/^Requires-Dist:\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;()]*)\)?(;.*)?$/gm),
  ];
  return Object.fromEntries(
    lines
      .filter(([, , , marker = '']) => !/\bextra\s*==/.test(marker))
      .map(([, name, version]) => [name!.toLowerCase().replaceAll(/[-_.]+/g, '-'), version!.replaceAll(/\s+/g, '')]),
  );
}
