import { describe, expect, it } from 'vitest';
import { readLogLines, readPluginLines } from '../../src/release/index.ts';

const FILES: Readonly<Record<string, string>> = {
  'vllm/platforms/xpu.py': `
class XPUPlatform:
    @classmethod
    def get_attn_backend_cls(cls, selected_backend, config):
        if config.use_mla:
            logger.info_once("Using the latent backend here.")
            return "vllm.v1.attention.backends.mla.own.Derived"
        logger.info_once("Using what nobody named.")
        return "vllm.v1.attention.backends.mla.own.Nameless"
`,
  'vllm/v1/attention/backends/mla/own.py': `
from vllm.v1.attention.backends.mla.common import Base as Common
class Middle(Common):
    pass
class Derived(Middle):
    pass
class Nameless:
    pass
`,
  'vllm/v1/attention/backends/mla/common.py': `
class Base:
    @staticmethod
    def get_name() -> str:
        """What it is called."""
        return "LATENT"
`,
  'vllm/platforms/broken.py': 'def get_attn_backend_cls(:\n    logger.info("Using nothing")\n',
};

const tree = (files: Readonly<Record<string, string>>): Parameters<typeof readLogLines>[0] => ({
  read: (file) => files[file],
  list: (under) => Object.keys(files).filter((file) => file.startsWith(under)),
});

describe('what a release prints of its choices', () => {
  const { table, unread } = readLogLines(tree(FILES));

  it('names a backend that is returned by the path of a class as the class behind it says', () => {
    expect(table.lines.map(({ at, says }) => [at, says])).toEqual([['vllm/platforms/xpu.py:6', { backend: 'LATENT' }]]);
  });

  it('is not known of a file that is no Python, and that is told', () => {
    expect(unread).toEqual(['vllm/platforms/broken.py']);
  });

  it('is, of a plug-in, what its own packages print, with names of backends that stand in vLLM', () => {
    const plugin = tree({
      'chip/platform.py': FILES['vllm/platforms/xpu.py']!,
      'vllm/platforms/own.py': FILES['vllm/platforms/xpu.py']!,
    });
    const point = { group: 'vllm.platform_plugins', name: 'chip', module: 'chip', attribute: 'register' };
    const about = { name: 'chip', version: '1', requires: {}, entryPoints: [point] };
    const { lines } = readPluginLines(tree(FILES), { tree: plugin, about }).table;
    expect(lines.map(({ at, says }) => [at, says])).toEqual([['chip/platform.py:6', { backend: 'LATENT' }]]);
  });
});
