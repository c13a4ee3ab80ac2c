/** The world in which a release's selection is read: its tree, what surrounds it, and the few stand-ins for hardware. */
import {
  flagCond,
  kindInput,
  moduleScope,
  nameIn,
  native,
  newInstance,
  note,
  one,
  opaque,
  outside,
  tuple,
} from '../python/index.ts';
import type { Reader, Value, World } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { elsewhere } from './elsewhere.ts';
import { isDtype, outsideOf } from './outside.ts';
import { memberOutside, vllmConfig } from './records.ts';
import { modelClass } from './statecache.ts';
import { moduleFile } from './tree.ts';
import type { Tree } from './tree.ts';

/** Modules without which vLLM does not start at all; the rest of the packages outside are inputs `import.<name>`. */
const ALWAYS = new Set(
  `torch numpy pydantic pydantic_core transformers msgspec regex typing_extensions psutil cachetools cloudpickle packaging
  tqdm six yaml requests huggingface_hub tokenizers safetensors fastapi starlette openai aiohttp uvicorn zmq einops blake3
  cpuinfo prometheus_client sentencepiece PIL cv2 filelock gguf compressed_tensors depyf watchfiles setproctitle
  opentelemetry annotated_types jinja2 pybase64 cbor2 ijson diskcache lark partial_json_parser pynvml triton google
  mistral_common openai_harmony model_hosting_container_standards anthropic mcp`.split(/\s+/),
);

/** The top-level modules of Python's standard library that vLLM imports. */
const STANDARD = new Set(
  `__future__ abc argparse ast asyncio atexit base64 bisect builtins collections concurrent contextlib contextvars copy copyreg
  csv ctypes dataclasses datetime decimal difflib dis email enum errno faulthandler fcntl fnmatch fractions functools gc getpass glob
  gzip hashlib heapq hmac html http importlib inspect io ipaddress itertools json keyword linecache locale logging math
  mmap multiprocessing ntpath numbers operator os pathlib pickle pkgutil platform posixpath pprint pstats queue random re
  reprlib resource secrets select shelve shlex shutil signal site socket sqlite3 ssl stat statistics string struct
  subprocess sys sysconfig tarfile tempfile textwrap threading time timeit token tokenize traceback types typing
  unicodedata unittest urllib uuid warnings weakref xml zipfile zlib zoneinfo`.split(/\s+/),
);

/** Where each platform's class stands in vLLM's tree. */
const PLATFORM_CLASS: Readonly<Record<string, readonly [string, string]>> = {
  cuda: ['vllm.platforms.cuda', 'CudaPlatform'],
  rocm: ['vllm.platforms.rocm', 'RocmPlatform'],
  xpu: ['vllm.platforms.xpu', 'XPUPlatform'],
  cpu: ['vllm.platforms.cpu', 'CpuPlatform'],
  tpu: ['vllm.platforms.tpu', 'TpuPlatform'],
};

/** The platforms whose class stands in a tree; one whose class another package brings is not read. */
export const platformsOf = (tree: Tree): readonly string[] =>
  Object.entries(PLATFORM_CLASS).flatMap(([platform, [module, name]]) =>
    new RegExp(`^(?:class )?${name}\\b`, 'm').test(moduleFile(tree, module)?.text ?? '') ? [platform] : [],
  );

/** Packages whose every version that vLLM pins has what vLLM asks of it; `hasattr` on them says yes when they are there. */
function importable(R: Reader, name: string): Cond {
  const [root] = name.split('.') as [string];
  if (STANDARD.has(root) || ALWAYS.has(root)) return YES;
  // a compiled part of vLLM is its own fact; so is a folder that is only in the wheel
  if (root === 'vllm' && !compiled(name)) return NO;
  const fact = root === 'vllm' ? name : root;
  return flagCond(R, `import.${fact}`);
}

/**
 * A module of vLLM that the tree does not hold can still be there once it is built: an extension (its last part starts
 * with an underscore), or what the build fetches into these folders. Any other is not there at all.
 */
const compiled = (name: string): boolean =>
  /(^|\.)(_\w+|cumem_allocator)$/.test(name) || /^vllm\.(third_party\.|vllm_flash_attn(\.|$))/.test(name);

/**
 * The names of the device architectures of which a tree speaks, where its platform tells devices apart by such names: in
 * what it is built for, and in its platform's own file. What is the beginning of another name is the name of a family.
 */
function architecturesOf(tree: Tree, platform: string): readonly string[] {
  const own = moduleFile(tree, PLATFORM_CLASS[platform]?.[0] ?? '')?.text ?? '';
  if (!own.includes('gcnArchName')) return [];
  const text = `${tree.read('CMakeLists.txt') ?? ''}\n${own}`;
  const names = [...new Set(text.match(/\bgfx[0-9]{2,3}[0-9a-f]\b/g))].sort();
  return names.filter((name) => !names.some((other) => other !== name && other.startsWith(name)));
}

const REGISTRY = 'vllm.model_executor.models.registry._ModelRegistry';
const CLASS = 'the class of the model';

/** A platform whose class another package brings. */
export interface Plugged {
  /** Where its class stands; left out while it is looked for. */
  readonly at?: readonly [module: string, name: string];
  /** The packages of the plug-in's own. */
  readonly packages: ReadonlySet<string>;
  /** What is installed with it: the packages that its metadata requires, by their distributions' names. */
  readonly requires: ReadonlySet<string>;
  /** The functions of its that a start calls, in order. */
  readonly starts: readonly (readonly [module: string, name: string])[];
}

/** Whether a module is of a package that is installed with a plug-in, or one that the plug-in's own build adds to it. */
function isInstalled(plugged: Plugged | undefined, module: string): boolean {
  const [root] = module.split('.') as [string];
  return plugged !== undefined && (plugged.packages.has(root) || plugged.requires.has(distributionOf(root)));
}

const distributionOf = (module: string): string => module.toLowerCase().replaceAll('_', '-');

/** A constant of a module that the build of a plug-in writes: a fact of that name, which may be missing. */
function builtConstant(R: Reader, { packages }: Plugged, name: string): Value | undefined {
  const at = name.lastIndexOf('.');
  const module = name.slice(0, at);
  if (!packages.has(name.split('.')[0]!) || !/^(?:__\w+__|[A-Z][A-Z0-9_]*)$/.test(name.slice(at + 1))) return undefined;
  if (moduleScope(R, module)) return undefined;
  note(R, 'assumed', `${name} is a text, None or missing`, '');
  return kindInput(R, name, ['missing', 'none', 'str']);
}

const finders = new WeakMap<Tree, World['module']>();

/** How the modules of a tree are found: one function for all its worlds, by which readings share what they find. */
function modulesOf(tree: Tree): World['module'] {
  let find = finders.get(tree);
  if (!find) {
    find = (name) => (name === 'vllm.third_party.pynvml' ? undefined : moduleFile(tree, name));
    finders.set(tree, find);
  }
  return find;
}

/** Makes the world of one platform of a release. */
// oxlint-disable-next-line max-lines-per-function -- one arm for everything that a reading asks of the world
export function createWorld(tree: Tree, platform: string, plugged?: Plugged): World {
  let current: Value | undefined;
  let architectures: readonly string[] | undefined;
  return {
    module: modulesOf(tree),
    outside: (name, R) =>
      (plugged && builtConstant(R, plugged, name)) ??
      outsideOf(R, name, () => (architectures ??= architecturesOf(tree, platform))),
    classOfConstant: (name) => (isDtype(name) ? 'torch.dtype' : undefined),
    importable: (name, R) => (isInstalled(plugged, name) ? YES : importable(R, name)),
    member: memberOutside,
    elsewhere,
    mayFail: (module) =>
      /^vllm\.((v1\.)?attention|models|distributed\.kv_transfer)\.|^vllm\.vllm_flash_attn/.test(module),
    ...(plugged ? { reachesOut: (module: string) => plugged.packages.has(module.split('.')[0]!) } : {}),
    replaced(name, R) {
      switch (name) {
        case 'vllm.platforms.current_platform': {
          const at = plugged ? plugged.at : PLATFORM_CLASS[platform];
          if (!at) return one(opaque('the platform, while it is looked for', ''));
          const cls = nameIn(R, ...at);
          // the class may be another package's, where that is installed
          current ??= cls?.map(({ g, v }) => ({
            g,
            v: v.k === 'class' ? newInstance(v) : opaque('the platform of another package', at[0], v),
          }));
          return current;
        }
        case 'vllm.third_party.pynvml':
          return one(outside('pynvml'));
        // no such layer is there where a configuration is settled for one that attends
        case 'vllm.model_executor.layers.mamba.abstract.get_mamba_prefill_checkpoint_alignment':
          return one(native('alignment', () => kindInput(R, 'built.checkpoint_alignment', ['none', 'int'])));
        case `${REGISTRY}.resolve_model_cls`:
          return one(
            native('resolve_model_cls', () =>
              one(tuple([one(modelClass(R) ?? opaque(CLASS, REGISTRY)), one(opaque(CLASS, REGISTRY))])),
            ),
          );
        default:
      }
      if (name.endsWith('._current_vllm_config'))
        return moduleScope(R, 'vllm.config') ? vllmConfig(R, name) : undefined;
      return undefined;
    },
  };
}
