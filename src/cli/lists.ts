import { findGpu, type GpuRow, gpuSpellings, spelling } from '../catalog/index.ts';
import { listPlugins, listReleases, readGpus, readRelease } from '../disk/index.ts';
import { backendsOf, possibleClasses, registeredIn, type ReleaseData, releaseName } from '../engine/index.ts';
import { releaseOf } from './ask.ts';
import { PLATFORM_FLAG, PLUGIN_FLAG, VLLM_FLAG } from './questionflags.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { columns, count, styled } from './style.ts';
import { machineOf, usualOf } from './surroundings.ts';

/** Prints an answer: JSON where it was asked for, else lines. */
function show(asked: Asked, json: object, lines: readonly string[]): ExitCode {
  process.stdout.write(`${asked.json ? JSON.stringify({ schemaVersion: 1, ...json }, null, 2) : lines.join('\n')}\n`);
  return 0;
}

export const gpusCommand: Command = {
  usage: '[QUERY]',
  words: [0, 8],
  offers: 'gpus',
  flags: [],
  run: (asked) => Promise.resolve(gpus(asked)),
};

function gpus(asked: Asked): ExitCode {
  const found = asked.words.length === 0 ? readGpus() : matching(readGpus(), asked.words.join(' '));
  const rows = found.map((row) => [
    styled('bold', row.name),
    architecture(row),
    `${row.memoryGiB} GiB`,
    row.aliases.join(', '),
  ]);
  const head = ['name, as the driver reports it', 'arch', 'memory', 'also known as'].map((text) => styled('dim', text));
  return show(asked, { gpus: found }, columns([head, ...rows], [2]));
}

/** How the maker numbers the architecture; one of them does not. */
const architecture = (row: GpuRow): string =>
  row.vendor === 'nvidia' ? row.capability.join('.') : row.vendor === 'amd' ? row.gfx : '';

/** By compute capability or gfx, by a part of a name, or by the name it stands for. Throws with what was perhaps meant. */
function matching(rows: readonly GpuRow[], query: string): readonly GpuRow[] {
  const key = spelling(query);
  const bare = key.replace(/^sm(?=\d)/, '');
  const same = (row: GpuRow): boolean => {
    const own = architecture(row);
    return own === bare || (row.vendor === 'nvidia' && key !== bare && own.replace('.', '') === bare);
  };
  const byArchitecture = rows.filter(same);
  if (byArchitecture.length > 0) return byArchitecture;
  const byName = rows.filter((row) => [...gpuSpellings(row)].some((name) => name.includes(key)));
  return byName.length > 0 ? byName : [findGpu(rows, query)];
}

export const releasesCommand: Command = {
  usage: '',
  words: [0, 0],
  flags: [],
  more: [
    'Beside the platforms of which the selection is learned stand those of which whole lines of vllm serve are.',
    'A rule is an outcome with the condition under which it happens. Opaque places could not be read; beside them stands how',
    'much rests on one, by part: terms of the selection, of the command line (config) or of the model, model classes, methods',
    'of quantization. What rests on one is unknown where that place matters, and nothing else is.',
  ].join('\n'),
  run: (asked) => Promise.resolve(releases(asked)),
};

// oxlint-disable-next-line max-lines-per-function -- one line for every column
function releases(asked: Asked): ExitCode {
  const found = [...listReleases(), ...listPlugins()].map(({ file, own }) => {
    const data = readRelease(file);
    const { source, beside, learned, selection, config, backends, unread, plugin } = data;
    const parts = learned && Object.entries(learned.parts);
    return {
      release: releaseName(data),
      platforms: Object.keys(selection),
      lines: Object.keys(config),
      backends: backends.length,
      rules: parts?.reduce((n, [, { rules }]) => n + rules, 0) ?? null,
      opaque: Object.values(unread)
        .flat()
        .filter(({ kind }) => kind === 'opaque').length,
      touched: parts
        ? Object.fromEntries(parts.flatMap(([part, { touched }]) => (touched.length > 0 ? [[part, touched]] : [])))
        : null,
      learnedOn: learned?.on ?? null,
      source: plugin?.source ?? source,
      ...(plugin === undefined ? {} : { with: source }),
      ...(beside === undefined ? {} : { beside }),
      file,
      own,
    };
  });
  if (found.length === 0) {
    return show(asked, { releases: [] }, ['None has been learned yet: `whichattn learn PATH` learns one.']);
  }
  const head = [
    'release',
    'platforms',
    'whole lines',
    'backends',
    'rules',
    'opaque',
    'which touch',
    'learned on',
    'from',
  ];
  const rows = found.map(
    ({ release, platforms, lines, backends, rules, opaque, touched, learnedOn, source, own, file }) => [
      styled('bold', release),
      platforms.join(', '),
      lines.join(', '),
      count(backends),
      rules === null ? '' : count(rules),
      count(opaque),
      touched === null ? '' : touchedText(touched),
      learnedOn ?? '',
      `${source.file}, sha256 ${source.sha256.slice(0, 12)}…${own ? '' : `, ${file}`}`,
    ],
  );
  // where a file of our own lies is of no use to anybody
  const json = found.map(({ own, file, ...rest }) => ({ ...rest, ...(own ? {} : { file }) }));
  return show(asked, { releases: json }, columns([head.map((text) => styled('dim', text)), ...rows], [3, 4, 5]));
}

/** What opaque places touch, by the kind of the part: `config 387, models 60`. */
function touchedText(touched: Readonly<Record<string, readonly string[]>>): string {
  const kinds = new Map<string, number>();
  for (const [part, names] of Object.entries(touched)) {
    const [kind = part] = part.split('.');
    kinds.set(kind, (kinds.get(kind) ?? 0) + names.length);
  }
  return kinds.size === 0 ? 'nothing' : [...kinds].map(([kind, n]) => `${kind} ${count(n)}`).join(', ');
}

export const backendsCommand: Command = {
  usage: '--vllm VERSION [--platform NAME] [--plugin NAME]',
  words: [0, 0],
  flags: [
    VLLM_FLAG,
    { ...PLATFORM_FLAG, says: 'Those alone that can come out on this platform, asked for or not.' },
    PLUGIN_FLAG,
  ],
  run: (asked) => Promise.resolve(backends(asked)),
};

function backends(asked: Asked): ExitCode {
  const release = releaseOf(asked);
  // without a registry of them, what can come out on a platform is what there is
  const platform =
    asked.flag('platform') ?? (release.plugin || release.backends.length === 0 ? usualOf(release) : undefined);
  if (platform !== undefined) return backendsOn(asked, release, platform);
  return listBackends(asked, release);
}

/** The backends that can come out on a platform, and classes of its own that no backend stands for. */
function backendsOn(asked: Asked, release: ReleaseData, platform: string): ExitCode {
  const { rules } = machineOf(release, platform);
  const registered = new Set(registeredIn(rules).map(([name]) => name));
  const by = release.plugin && `registered by ${release.plugin.name} ${release.plugin.version}`;
  const classes = backendsOf(rules);
  const possible = possibleClasses(rules);
  const rows = release.backends.flatMap((name) => {
    const own = classes.get(name);
    return own !== undefined && possible.has(own)
      ? [{ name, class: own, ...(registered.has(name) ? { registered: by } : {}) }]
      : [];
  });
  const beside = [...possible].filter((path) => !rows.some((row) => row.class === path));
  const head = ['name, as --attention-backend takes it', 'class'].map((text) => styled('dim', text));
  const lines = [
    ...rows.map((row) => [styled('bold', row.name), row.class, row.registered ?? '']),
    ...beside.map((path) => [styled('dim', 'by the platform alone'), path]),
  ];
  const backends = [...rows, ...beside.map((path) => ({ name: null, class: path }))];
  return show(asked, { release: releaseName(release), platform, backends }, columns([head, ...lines]));
}

function listBackends(asked: Asked, { release, backends: names, selection }: ReleaseData): ExitCode {
  const rows = names.map((name) => ({ name, class: classOf(selection, name) }));
  const head = ['name, as --attention-backend takes it', 'class'].map((text) => styled('dim', text));
  const lines = rows.map((row) => [styled('bold', row.name), row.class ?? styled('dim', 'none of its own')]);
  return show(asked, { release, backends: rows }, columns([head, ...lines]));
}

/** The path of a backend's class, as one of the platforms knows it. */
function classOf(selection: ReleaseData['selection'], name: string): string | null {
  for (const { terms } of Object.values(selection)) {
    const term = terms[`backend.${name}`] as { readonly record?: { readonly class?: unknown } } | undefined;
    if (typeof term?.record?.class === 'string') return term.record.class;
  }
  return null;
}
