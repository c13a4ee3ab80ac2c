import { describe, expect, it } from 'vitest';
import { decide, oneLayerFacts, type Question, type ReleaseData } from '../../src/engine/index.ts';
import { learnPlugin, readPlugin, type Tree } from '../../src/release/index.ts';
import { createMachine, unpackRules, WhichattnError } from '../../src/rules/index.ts';

/** A small release: a registry whose members can be registered anew, and a platform that it does not have itself. */
const VLLM: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/platforms/__init__.py': `
def absent():
    return None
def beside():
    try:
        import chip  # noqa: F401
        return "vllm.platforms.beside.BesidePlatform"
    except Exception:
        return None
builtin_platform_plugins = {"absent": absent, "beside": beside}
`,
  'vllm/platforms/beside.py': `
try:
    from plug.beside import Beside
    BesidePlatform = Beside
except ImportError:
    pass
`,
  'vllm/platforms/interface.py': `
class Platform:
    device_type = ""
    @classmethod
    def get_device_capability(cls): return None
    @classmethod
    def check_and_update_config(cls, vllm_config): pass
`,
  'vllm/config/__init__.py': `
from dataclasses import dataclass
from vllm.v1.attention.backends.registry import AttentionBackendEnum
@dataclass
class AttentionConfig:
    backend: AttentionBackendEnum | None = None
@dataclass
class ModelConfig:
    quantization: str | None = None
@dataclass
class VllmConfig:
    attention_config: AttentionConfig
    model_config: ModelConfig
    quant_config: object | None = None
    additional_config: dict | None = None
_current_vllm_config = None
def get_current_vllm_config(): return _current_vllm_config
`,
  'vllm/v1/__init__.py': '',
  'vllm/v1/attention/__init__.py': '',
  'vllm/v1/attention/backends/__init__.py': '',
  'vllm/v1/attention/backends/registry.py': `
import enum
import importlib
_OVERRIDES = {}
class AttentionBackendEnum(enum.Enum):
    FIRST = "vllm.v1.attention.backends.first.First"
    SECOND = "vllm.v1.attention.backends.first.Second"
    CUSTOM = None
    def get_path(self):
        path = _OVERRIDES.get(self, self.value)
        if not path:
            raise ValueError(f"Backend {self.name} must be registered before use")
        return path
    def get_class(self):
        module, name = self.get_path().rsplit(".", 1)
        return getattr(importlib.import_module(module), name)
    def is_overridden(self):
        return self in _OVERRIDES
def register_backend(backend, class_path=None):
    def decorator(cls):
        _OVERRIDES[backend] = f"{cls.__module__}.{cls.__qualname__}"
        return cls
    if class_path is not None:
        _OVERRIDES[backend] = class_path
        return lambda x: x
    return decorator
`,
  'vllm/v1/attention/backends/first.py': `
class First:
    @staticmethod
    def get_name(): return "FIRST"
class Second:
    @staticmethod
    def get_name(): return "SECOND"
`,
  'vllm/v1/attention/selector.py': `
import importlib
from vllm.config import get_current_vllm_config
def get_attn_backend(head_size: int, use_mla: bool = False):
    from vllm.platforms import current_platform
    backend = get_current_vllm_config().attention_config.backend
    path = current_platform.get_attn_backend_cls(backend, head_size, use_mla)
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)
`,
};

const PLATFORM = `
from vllm.platforms.interface import Platform
from vllm.v1.attention.backends.registry import AttentionBackendEnum
class Own(Platform):
    device_type = "chip"
    @classmethod
    def get_attn_backend_cls(cls, selected_backend, head_size, use_mla):
        if selected_backend is None:
            selected_backend = AttentionBackendEnum.SECOND if use_mla else AttentionBackendEnum.FIRST
        return selected_backend.get_path()
`;

const PLUG: Readonly<Record<string, string>> = {
  'plug/__init__.py': `
def register(): return "plug.platform.Own"
def more():
    from plug import layers  # noqa: F401
def never(): return None
`,
  'plug/platform.py': PLATFORM,
  'plug/layers/__init__.py': 'from plug.layers import attention as attention\n',
  'plug/layers/attention.py': `
from vllm.v1.attention.backends.registry import AttentionBackendEnum, register_backend
@register_backend(AttentionBackendEnum.FIRST)
class Fast:
    @staticmethod
    def get_name(): return "FAST"
`,
};

const metadata = (more = ''): Readonly<Record<string, string>> => ({
  'plug-4.5.dist-info/METADATA': `Metadata-Version: 2.1\nName: Plug.It\nVersion: 4.5\nRequires-Dist: chip\n${more}`,
});
const points = (text: string): Readonly<Record<string, string>> => ({ 'plug-4.5.dist-info/entry_points.txt': text });
const ALL = '[vllm.platform_plugins]\nown = plug:register\n[vllm.general_plugins]\nlayers = plug:more\n';

const treeOf = (files: Readonly<Record<string, string>>): Tree => ({
  read: (file) => files[file],
  list: (folder) =>
    Object.keys(files)
      .filter((file) => folder === '' || file.startsWith(`${folder}/`))
      .toSorted(),
});

const SOURCE = { file: 'plug.whl', sha256: 'ab' };

function learned(files: Readonly<Record<string, string>>): ReleaseData {
  const tree = treeOf(files);
  const about = readPlugin(tree, 'plug.whl');
  const made = learnPlugin(treeOf(VLLM), { release: '1.2.3', source: SOURCE }, { tree, source: SOURCE, about });
  return JSON.parse(JSON.stringify(made)) as ReleaseData;
}

const STOCK = {
  holds: {},
  facts: () => new Map(),
  conventions: { hf: {}, mla: {}, sparse: {}, connector: '', loaded: true, flashAttention: '^$' },
};

/** The answer for a layer on a platform, with facts that are said besides. */
function ask(
  data: ReleaseData,
  platform: string,
  call: Readonly<Record<string, unknown>> = {},
  facts: Question['facts'] = {},
) {
  const machine = createMachine(unpackRules(data.selection[platform]!));
  const usual = oneLayerFacts(machine, { platform, call }, STOCK);
  return decide(machine, { release: data.release, platform, facts: { ...usual, ...facts } });
}

const refusal = (work: () => unknown): WhichattnError => {
  try {
    work();
  } catch (error) {
    if (error instanceof WhichattnError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a platform of another package', () => {
  const data = learned({ ...PLUG, ...metadata(), ...points(ALL) });

  it('is named by an entry point, and kept with the name and version of the package', () => {
    expect(data.plugin).toEqual({
      name: 'plug-it',
      version: '4.5',
      source: SOURCE,
      platforms: { own: { by: 'vllm.platform_plugins own = plug:register', class: 'plug.platform.Own' } },
    });
    expect(Object.keys(data.selection)).toEqual(['own']);
  });

  it('takes the backend that importing the package registered in the place of another', () => {
    const { outcome, winner, notes } = ask(data, 'own');
    expect(outcome).toBe('starts');
    expect(winner).toMatchObject({ backend: 'FIRST', class: 'plug.layers.attention.Fast', name: 'FAST' });
    expect(notes).toContainEqual({
      code: 'registered',
      text: 'FIRST is plug.layers.attention.Fast: registered at run time, in the place of vllm.v1.attention.backends.first.First.',
    });
  });

  it('leaves a backend as it is that nothing was registered for', () => {
    expect(ask(data, 'own', { use_mla: true }).winner).toMatchObject({ backend: 'SECOND', name: 'SECOND' });
  });

  it("refuses a place that is kept for others and was not taken, in vLLM's own words", () => {
    const { outcome, error } = ask(data, 'own', {}, { 'attention_config.backend': { value: 'CUSTOM', from: 'flag' } });
    expect(outcome).toBe('refused');
    expect(error).toMatchObject({ type: 'ValueError', text: 'Backend CUSTOM must be registered before use' });
  });

  it('says nothing of a line that tells the platform more than was read, nor of a quantized model', () => {
    const more = { 'additional_config.?': { value: true, from: 'flag' } } as const;
    const quantized = { 'model_config.quantization': { value: 'fp8', from: 'flag' } } as const;
    for (const facts of [more, quantized]) {
      const { outcome, winner } = ask(data, 'own', {}, facts);
      expect([outcome, winner]).toEqual(['unknown', null]);
    }
  });

  it('does what importing it does to the release, by assignment too', () => {
    const patch =
      'import vllm.v1.attention.backends.first as f\nclass Other:\n    @staticmethod\n    def get_name(): return "OTHER"\nf.Second = Other\n';
    const patched = learned({ ...PLUG, 'plug/layers/__init__.py': patch, ...metadata(), ...points(ALL) });
    expect(ask(patched, 'own', { use_mla: true }).winner).toMatchObject({ name: 'OTHER' });
  });

  it('registers where the condition holds under which a module is imported, and nowhere else', () => {
    const chosen = PLATFORM.replace(
      '        return selected',
      '        if head_size > 128:\n            import plug.layers  # noqa: F401\n        return selected',
    );
    const only = learned({
      ...PLUG,
      'plug/platform.py': chosen,
      ...metadata(),
      ...points('[vllm.platform_plugins]\nown = plug:register\n'),
    });
    expect(ask(only, 'own', { head_size: 256 }).winner?.name).toBe('FAST');
    expect(ask(only, 'own', { head_size: 64 }).winner?.name).toBe('FIRST');
  });

  it("is found in vLLM's own list, where the package brings the class of one of its names", () => {
    const beside = { ...PLUG, 'plug/beside.py': PLATFORM.replace('class Own', 'class Beside') };
    const made = learned({ ...beside, ...metadata(), ...points('[vllm.general_plugins]\nlayers = plug:more\n') });
    expect(made.plugin?.platforms).toEqual({
      beside: { by: 'vllm.platforms.builtin_platform_plugins beside', class: 'plug.beside.Beside' },
    });
    expect(ask(made, 'beside').winner).toMatchObject({ backend: 'FIRST', name: 'FAST' });
  });

  it('is not known where its import fails', () => {
    const fails = `import os\nif os.getenv("PLUG_OFF") == "1":\n    raise RuntimeError("off")\n${PLATFORM}`;
    const made = learned({ ...PLUG, 'plug/platform.py': fails, ...metadata(), ...points(ALL) });
    const off = { 'env.PLUG_OFF': { value: '1', from: 'env' } } as const;
    expect(ask(made, 'own').winner?.name).toBe('FAST');
    expect(ask(made, 'own', {}, off)).toMatchObject({ outcome: 'unknown', winner: null });
  });
});

describe('a package that brings no platform', () => {
  const refused = (entry: string, files = PLUG): WhichattnError =>
    refusal(() => learned({ ...files, ...metadata(), ...points(entry) }));

  it('is told by the entry points that it has', () => {
    const { code, why } = refused('[vllm.general_plugins]\nlayers = plug:more\n');
    expect(code).toBe('no-platform');
    expect(why).toContain('Its entry points are layers (vllm.general_plugins).');
    expect(refusal(() => learned({ ...PLUG, ...metadata() })).why).toContain('It has no entry points at all.');
  });

  it('is told where its function gives None whatever the machine is', () => {
    expect(refused('[vllm.platform_plugins]\nown = plug:never\n')).toMatchObject({
      code: 'inactive-plugin',
      why: 'plug:never gives None whatever the machine is, so vLLM never takes its platform.',
    });
  });

  it('is told where the class that it names is nowhere', () => {
    const files = { ...PLUG, 'plug/__init__.py': 'def register(): return "plug.elsewhere.Own"\n' };
    expect(refused('[vllm.platform_plugins]\nown = plug:register\n', files).code).toBe('unread-plugin');
  });

  it('is told where every start with it ends', () => {
    const ends = `${PLATFORM}    @classmethod\n    def check_and_update_config(cls, vllm_config):\n        raise NotImplementedError("not yet")\n`;
    const { code, what } = refused(ALL, { ...PLUG, 'plug/platform.py': ends });
    expect([code, what]).toEqual(['start-ends', 'A start with the plug-in always ends with NotImplementedError']);
  });
});

describe('what a package says of itself', () => {
  it('is read of a pyproject.toml where it was not built', () => {
    const project =
      '[project]\nname = "plug_it"\nversion = "4.5"\n\n[project.entry-points."vllm.platform_plugins"]\nown = "plug:register"\n';
    expect(readPlugin(treeOf({ 'pyproject.toml': project }), 'plug')).toEqual({
      name: 'plug-it',
      version: '4.5',
      requires: {},
      entryPoints: [{ group: 'vllm.platform_plugins', name: 'own', module: 'plug', attribute: 'register' }],
    });
  });

  it('leaves out what an extra requires, and keeps what is asked of a version', () => {
    const more = 'Requires-Dist: vllm (>=1.2, <2)\nRequires-Dist: tests; extra == "dev"\n';
    expect(readPlugin(treeOf(metadata(more)), 'plug').requires).toEqual({ chip: '', vllm: '>=1.2,<2' });
  });

  it('must be its name and version', () => {
    expect(refusal(() => readPlugin(treeOf({}), 'plug')).code).toBe('unknown-plugin');
  });
});
