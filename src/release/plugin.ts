/**
 * A platform outside vLLM's tree, as vLLM takes it in: one of the entry points of a package names its class, or vLLM's own list
 * names a class that the package brings. The package's other functions for a start are called as vLLM calls them.
 */
import { createReader, entryFrame, moduleScope, nameIn, requireModule } from '../python/index.ts';
import type { ClassAtom, Reader, Value } from '../python/index.ts';
import { createBook, packRules, WhichattnError } from '../rules/index.ts';
import { type About, backendsOf, type Learned, selectionAlone } from './learn.ts';
import { type LinesRead, readLogLines } from './loglines.ts';
import type { EntryPoint, PluginAbout } from './pluginabout.ts';
import { readSelection } from './selection.ts';
import { moduleFile } from './tree.ts';
import type { Tree } from './tree.ts';
import { createWorld } from './world.ts';
import type { Plugged } from './world.ts';

/** The groups of entry points that a start of vLLM loads. */
const PLATFORM_GROUP = 'vllm.platform_plugins';
const GENERAL_GROUP = 'vllm.general_plugins';
/** Where vLLM's own list stands of the functions that name a platform's class. */
const PLATFORMS = 'vllm.platforms';
const OWN_LIST = 'builtin_platform_plugins';

/** A plug-in to learn: its files, where they come from, what it says of itself. */
export interface PluginSource {
  readonly tree: Tree;
  readonly source: About['source'];
  readonly about: PluginAbout;
}

/** A platform that a plug-in brings. */
interface Found {
  readonly platform: string;
  /** What names its class: an entry point, or vLLM's own list. */
  readonly by: string;
  readonly at: readonly [module: string, name: string];
}

/**
 * Reads how a backend is selected on the platforms that a plug-in brings, with the release that takes it in. Throws a
 * WhichattnError where it brings none. `begin` hears the name of each part before it is read.
 */
export function learnPlugin(
  vllm: Tree,
  release: About,
  { tree: own, source, about }: PluginSource,
  begin: (part: string) => void = () => undefined,
): Learned {
  const packages = packagesOf(about);
  const tree = overlay(vllm, own, packages);
  const starts = about.entryPoints.flatMap(({ group, module, attribute }) =>
    group === GENERAL_GROUP ? [[module, attribute] as const] : [],
  );
  const plugged = { packages, requires: new Set(Object.keys(about.requires)), starts };
  begin('platforms');
  const platforms = platformsOf(tree, plugged, about);
  const read = platforms.map(({ platform, by, at }) => {
    begin('selection');
    return { platform, by, at, ...readSelection(tree, platform, false, { ...plugged, at }) };
  });
  const selection = {
    requirements: {},
    variables: {},
    backends: backendsOf(read[0]!.rules),
    selection: Object.fromEntries(read.map(({ platform, rules }) => [platform, packRules(rules)])),
  };
  const unread = Object.fromEntries(read.map(({ platform, notes }) => [`selection.${platform}`, notes]));
  return {
    ...selectionAlone(release, selection, unread),
    plugin: {
      name: about.name,
      version: about.version,
      source,
      platforms: Object.fromEntries(read.map(({ platform, by, at }) => [platform, { by, class: at.join('.') }])),
    },
  };
}

/** The packages of a plug-in: those that its entry points name. */
const packagesOf = ({ entryPoints }: PluginAbout): ReadonlySet<string> =>
  new Set(entryPoints.map(({ module }) => module.split('.')[0]!));

/** Reads what a plug-in prints of its choices, beside the release that takes it in. */
export function readPluginLines(vllm: Tree, { tree: own, about }: Pick<PluginSource, 'tree' | 'about'>): LinesRead {
  const packages = packagesOf(about);
  return readLogLines(overlay(vllm, own, packages), [...packages]);
}

/** Two trees as one: the packages of the second stand beside those of the first. */
function overlay(base: Tree, beside: Tree, packages: ReadonlySet<string>): Tree {
  const theirs = (path: string): boolean => packages.has(path.split('/')[0]!.replace(/\.py$/, ''));
  return {
    read: (path) => base.read(path) ?? (theirs(path) ? beside.read(path) : undefined),
    list: (folder) => [...new Set([...base.list(folder), ...beside.list(folder).filter(theirs)])].toSorted(),
  };
}

/** The platforms whose classes a plug-in brings. Throws where there is none. */
function platformsOf(tree: Tree, plugged: Plugged, about: PluginAbout): readonly Found[] {
  const R = createReader(createBook(), createWorld(tree, '', plugged));
  const named = about.entryPoints.filter(({ group }) => group === PLATFORM_GROUP);
  const found = [...named.map((point) => ofEntryPoint(R, point)), ...ofOwnList(R, tree, plugged.packages)];
  if (found.length > 0) return found;
  const listed = about.entryPoints.map(({ group, name }) => `${name} (${group})`);
  throw new WhichattnError({
    code: 'no-platform',
    what: `${about.name} ${about.version} brings no platform`,
    why: `It has no entry point of the group ${PLATFORM_GROUP}, and vLLM's own list names no class of it. ${
      listed.length === 0 ? 'It has no entry points at all.' : `Its entry points are ${listed.join(', ')}.`
    }`,
  });
}

/** The platform that an entry point names. Throws where it certainly names none, or none that could be read. */
function ofEntryPoint(R: Reader, point: EntryPoint): Found {
  const { group, name, module, attribute } = point;
  const by = `${group} ${name} = ${module}:${attribute}`;
  const frame = entryFrame(R, PLATFORMS);
  requireModule(R, frame, module);
  const fn = nameIn(R, module, attribute);
  const given = fn ? R.call(frame, fn, { pos: [], kw: new Map() }) : [];
  const [first, ...others] = pathsIn(given).map((path) => classAt(R, path));
  if (first && others.every((other) => other?.cls === first.cls)) return { platform: name, by, at: first.at };
  const none = fn !== undefined && given.length > 0 && given.every(({ v }) => v.k === 'none');
  throw new WhichattnError({
    code: none ? 'inactive-plugin' : 'unread-plugin',
    what: none
      ? `The entry point ${name} names no platform`
      : `Which platform the entry point ${name} names was not read`,
    why: none
      ? `${module}:${attribute} gives None whatever the machine is, so vLLM never takes its platform.`
      : `${module}:${attribute} gives no path of a class that the package or the release holds.`,
    where: by,
  });
}

/** The platforms of vLLM's own list whose classes are of the packages. */
function ofOwnList(R: Reader, tree: Tree, packages: ReadonlySet<string>): readonly Found[] {
  const listed = nameIn(R, PLATFORMS, OWN_LIST)?.[0]?.v;
  if (listed?.k !== 'dict') return [];
  return listed.entries.flatMap(({ key, v }): Found[] => {
    if (key.k !== 'str') return [];
    const given = R.call(entryFrame(R, PLATFORMS), v, { pos: [], kw: new Map() });
    const classes = pathsIn(given).flatMap((path) => (mayBeOf(tree, packages, path) ? (classAt(R, path) ?? []) : []));
    const theirs = classes.find(({ cls }) => packages.has(cls.modname.split('.')[0]!));
    return theirs ? [{ platform: key.s, by: `${PLATFORMS}.${OWN_LIST} ${key.s}`, at: theirs.at }] : [];
  });
}

/** Whether the class of a path can be of the packages: its module is, or its text speaks of one. */
function mayBeOf(tree: Tree, packages: ReadonlySet<string>, path: string): boolean {
  const module = path.slice(0, path.lastIndexOf('.'));
  const text = moduleFile(tree, module)?.text ?? '';
  return packages.has(module.split('.')[0]!) || [...packages].some((name) => text.includes(name));
}

const pathsIn = (given: Value): readonly string[] => given.flatMap(({ v }) => (v.k === 'str' ? [v.s] : []));

/** The class at a path, under the name that its own module has for it. */
function classAt(R: Reader, path: string): { readonly cls: ClassAtom; readonly at: Found['at'] } | undefined {
  const at = [path.slice(0, path.lastIndexOf('.')), path.slice(path.lastIndexOf('.') + 1)] as const;
  const cls = moduleScope(R, at[0]) && nameIn(R, ...at)?.find((a) => a.v.k === 'class')?.v;
  return cls?.k === 'class' ? { cls, at: [cls.modname, cls.qualname] } : undefined;
}
