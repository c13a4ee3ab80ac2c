import { describe, expect, it } from 'vitest';
import {
  atLeast,
  checkPackages,
  compareVersions,
  installOf,
  meets,
  packageFacts,
  type ReleaseNeeds,
  stockOf,
} from '../../src/catalog/index.ts';
import { readPackages } from '../../src/disk/index.ts';
import { readRequirements } from '../../src/release/index.ts';
import { MISSING } from '../../src/rules/index.ts';

const packages = readPackages();
const release: ReleaseNeeds = {
  release: '0.33.0',
  requirements: { 'flashinfer-python': '==0.7.2', 'tokenspeed-mla': '==2', ninja: '' },
};
const values = (name: string, asked = release): Record<string, unknown> =>
  Object.fromEntries(Object.entries(installOf(packages, 'cuda', name, asked)).map(([key, { value }]) => [key, value]));

describe('what is installed', () => {
  it('is sound', async () => {
    expect(await checkPackages(packages)).toEqual([]);
  });

  it('follows the requirements of the release, with a source for everything', () => {
    const image = values('image');
    expect(image).toMatchObject({ flashinfer: true, flashinfer_version: '0.7.2', tokenspeed_mla: true, nvcc: true });
    expect(values('image', { release: '0.26.0', requirements: {} })).toMatchObject({
      flashinfer: false,
      tokenspeed_mla: false,
      flashinfer_cubin: false,
    });
    for (const { source } of Object.values(installOf(packages, 'cuda', 'image', release))) expect(source).not.toBe('');
  });

  it('leaves open what requirements would say where they are not known', () => {
    const image = Object.keys(installOf(packages, 'rocm', 'image', { release: '0.33.0', requirements: undefined }));
    expect(image).toContain('aiter');
    expect(image).not.toContain('flashinfer');
  });

  it('knows what a plain wheel lacks, and leaves open what no package decides', () => {
    const wheel = values('wheel');
    expect(wheel).toMatchObject({ nvcc: false, flashinfer_cubin: false, flashinfer: true });
    expect(wheel).not.toHaveProperty('nvidia_artifactory');
    expect(packageFacts(packages.keys, wheel).get('reachable.https://example.org/')).toBeUndefined();
  });

  it('becomes facts: exact names, names by pattern, versions only of what is there', () => {
    const facts = packageFacts(packages.keys, { ...values('image'), flashinfer_cubin: false, nvcc: false });
    expect(facts.get('import.flashinfer')).toBe(true);
    expect(facts.get('which.{env.CUDA_HOME}/bin/nvcc')).toBeNull();
    expect(facts.get('file.<tree>/vllm/vllm_flash_attn/cute/interface.py')).toBe(true);
    expect(facts.get('version.flashinfer-python')).toBe('0.7.2');
    expect(facts.get('version.flashinfer-cubin')).toBe(MISSING);
    expect(facts.get('version.hip')).toBeNull();
    expect(facts.get('import.never_heard_of')).toBeUndefined();
  });

  it('lets a question change one thing, and what follows from it', () => {
    const stock = stockOf(packages, installOf(packages, 'cuda', 'image', release));
    const name = 'parameter.flashinfer.mla.BatchMLAPagedAttentionWrapper.run.ckv_scale_arr';
    expect(stock.facts(stock.holds).get(name)).toBe(true);
    expect(stock.facts({ ...stock.holds, flashinfer_version: '0.6.14' }).get(name)).toBe(false);
    expect(stock.facts({}).get(name)).toBeUndefined();
  });

  it('names the installs there are when another is asked for', () => {
    expect(() => installOf(packages, 'cuda', 'imgae', release)).toThrow(/image/);
    expect(() => installOf(packages, 'cuda', 'constructor', release)).toThrow(/wheel/);
  });
});

describe('versions', () => {
  it('are compared as Python compares them', () => {
    const order = ['0.6.9', '0.6.14rc1', '0.6.14', '0.6.14.post1', '0.7', '0.10.0.dev3', '0.10.0', '1.0'];
    expect(order.toSorted(compareVersions)).toEqual(order);
    expect(compareVersions('0.7', '0.7.0')).toBe(0);
    expect(atLeast('0.33.0+cu130', '0.33.0')).toBe(true);
    expect(meets('5.19.0', '>=5.16.1,<5.20.0')).toBe(true);
    expect(meets('5.20.0', '>=5.16.1,<5.20.0')).toBe(false);
    expect(meets('5.19.0', '')).toBe(true);
  });
});

describe('requirements', () => {
  const tree = (files: Record<string, string>): { read(p: string): string | undefined; list(): string[] } => ({
    read: (path) => files[path],
    list: () => Object.keys(files),
  });

  it('are read with what they include, without what is for another system', () => {
    const files = {
      'requirements/cuda.txt':
        '-r common.txt\n--extra-index-url https://x/\nFlash_Infer.Python == 1.2.post1 # why\nmac==1; sys_platform == "darwin"\nlin>=2,<3; platform_system == "Linux"\narm==1; platform_machine != "x86_64"\nboth[cu13]==4.8.0\n',
      'requirements/common.txt': 'ninja # for building\n\n# torch==9\n',
    };
    expect(readRequirements(tree(files), 'cuda')).toEqual({
      'flash-infer-python': '==1.2.post1',
      ninja: '',
      lin: '>=2,<3',
      both: '==4.8.0',
    });
  });

  it('come from the metadata where the package is installed', () => {
    const metadata =
      'Name: vllm\nRequires-Dist: torch==2.0\nRequires-Dist: zen==1; extra == "zen"\nRequires-Dist: old (>=1)\n';
    expect(readRequirements(tree({ 'vllm-1.dist-info/METADATA': metadata }), 'cuda')).toEqual({
      torch: '==2.0',
      old: '>=1',
    });
    expect(readRequirements(tree({}), 'cuda')).toEqual({});
  });
});
