import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTree } from '../../src/disk/index.ts';

let room = '';
beforeAll(() => {
  room = mkdtempSync(path.join(tmpdir(), 'whichattn-tree-'));
});
afterAll(() => {
  rmSync(room, { recursive: true, force: true });
});

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'PKG-INFO': 'Metadata-Version: 2.4\nName: vllm\nVersion: 9.8.7\n',
  'requirements/cuda.txt': 'torch==1.0\n',
  'vllm/__init__.py': '',
  'vllm/_version.py': "__version__ = version = '9.8.7.dev1+gabc'\n",
  'vllm/platforms/cuda.py': 'x = 1\r\ny = 2\n',
  'vllm/kernels.so': Buffer.from([0, 1, 2]),
  'tests/test_a.py': 'raise SystemExit\n',
};

const file = (name: string, body: string | Uint8Array): TarEntry => ({
  header: { name, size: Buffer.byteLength(body), type: 'file' },
  body,
});

async function tar(name: string, entries: readonly TarEntry[], zip = true): Promise<string> {
  const at = path.join(room, name);
  const packed = Buffer.from(await packTar(entries));
  writeFileSync(at, zip ? gzipSync(packed) : packed);
  return at;
}

const release = (prefix = 'vllm-9.8.7/'): TarEntry[] =>
  Object.entries(FILES).map(([name, body]) => file(prefix + name, body));

function folder(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [at, body] of Object.entries(files)) {
    mkdirSync(path.join(room, name, path.dirname(at)), { recursive: true });
    writeFileSync(path.join(room, name, at), body);
  }
  return path.join(room, name);
}

/** A zip whose files are stored as they are: enough for a wheel. */
function zip(
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  modes: Record<string, number> = {},
): string {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [entry, body] of Object.entries(files)) {
    const label = Buffer.from(entry);
    const bytes = Buffer.from(body as string);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(label.length, 22);
    local.push(Buffer.from('PK\u0003\u0004', 'latin1'), common, label, bytes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((modes[entry] ?? 0o100644) << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0003', 'latin1'), common, rest, label);
    offset += 30 + label.length + bytes.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  const at = path.join(room, name);
  writeFileSync(at, Buffer.concat([...local, ...directory, Buffer.from('PK\u0005\u0006', 'latin1'), end]));
  return at;
}

const code = async (opening: Promise<unknown>): Promise<string | undefined> =>
  opening.then(
    () => undefined,
    (error: unknown) => (error as { code: string }).code,
  );

describe('a source tree', () => {
  it('is the same from an archive, plain or zipped, from a folder, and from the package itself', async () => {
    const at = folder('vllm-9.8.7', FILES);
    const trees = [
      await openTree(await tar('a.tar.gz', release())),
      await openTree(await tar('a.tar', release(), false)),
      await openTree(await tar('b.tar.gz', release('./some-fork/'))),
      await openTree(zip('a.zip', Object.fromEntries(Object.entries(FILES).map(([k, v]) => [`vllm/${k}`, v])))),
      await openTree(at),
      await openTree(path.join(at, 'vllm')),
    ];
    for (const tree of trees) {
      expect(tree.version).toBe('9.8.7');
      expect(tree.versionFrom).toBe('PKG-INFO');
      expect(tree.list('vllm')).toEqual(['vllm/__init__.py', 'vllm/_version.py', 'vllm/platforms/cuda.py']);
      expect(tree.read('vllm/platforms/cuda.py')).toBe('x = 1\ny = 2\n');
      expect(tree.read('requirements/cuda.txt')).toBe('torch==1.0\n');
      expect(tree.read('tests/test_a.py')).toBeUndefined();
      expect(tree.read('vllm/kernels.so')).toBeUndefined();
    }
  });

  it('says which bytes it read: the hash of the archive, or of the Python files of a folder', async () => {
    const at = await tar('h.tar.gz', release());
    const { readFileSync } = await import('node:fs');
    expect((await openTree(at)).source).toEqual({
      file: 'h.tar.gz',
      sha256: createHash('sha256').update(readFileSync(at)).digest('hex'),
    });
    const lines = Object.entries(FILES)
      .filter(([name]) => name.startsWith('vllm/') && name.endsWith('.py'))
      .map(([name, body]) => `${createHash('sha256').update(body).digest('hex')}  ${name}\n`);
    const { source } = await openTree(folder('vllm-hash', FILES));
    expect(source).toEqual({ file: 'vllm-hash', sha256: createHash('sha256').update(lines.join('')).digest('hex') });
  });

  it('has, for other platforms, no package in it that holds a compiled library', async () => {
    const files = {
      'vllm/__init__.py': '',
      'vllm/_C.abi3.so': 'x',
      'vllm/other/__init__.py': 'y = 1',
      'vllm/fast/__init__.py': 'x = 1',
      'vllm/fast/_fast.so': 'x',
    };
    for (const tree of [await openTree(zip('built.whl', files)), await openTree(folder('built', files))]) {
      expect(tree.list('vllm')).toEqual(['vllm/__init__.py', 'vllm/fast/__init__.py', 'vllm/other/__init__.py']);
      expect(tree.unbuilt().list('vllm')).toEqual(['vllm/__init__.py', 'vllm/other/__init__.py']);
    }
    const source = await openTree(folder('unbuilt', { 'vllm/__init__.py': '', 'vllm/fast/__init__.py': '' }));
    expect(source.unbuilt()).toBe(source);
  });

  it('finds the version in a wheel, in the file that a build writes, in the name of the folder, or nowhere', async () => {
    const wheel = { 'vllm/__init__.py': '', 'vllm-9.8.6+cu1.dist-info/METADATA': 'Name: vllm\nVersion: 9.8.6+cu1\n' };
    expect(await openTree(zip('w.whl', wheel))).toMatchObject({ version: '9.8.6+cu1' });
    const built = { 'vllm/__init__.py': '', 'vllm/_version.py': FILES['vllm/_version.py']! };
    expect(await openTree(folder('checkout', built))).toMatchObject({ version: '9.8.7.dev1+gabc' });
    expect(await openTree(folder('vllm-9.8.5', { 'vllm/__init__.py': '' }))).toMatchObject({ version: '9.8.5' });
    const unnamed = await openTree(folder('mine', { 'vllm/__init__.py': '' }));
    expect(unnamed).toMatchObject({ version: undefined, versionFrom: undefined });
  });

  it('follows links inside the tree and passes over those that lead out of it', async () => {
    const at = folder('linked', { 'vllm/__init__.py': '', 'vllm/a.py': 'a = 1\n', 'vllm/sub/b.py': '' });
    writeFileSync(path.join(room, 'secret.py'), 'secret = 1\n');
    symlinkSync('a.py', path.join(at, 'vllm/link.py'));
    symlinkSync('../../secret.py', path.join(at, 'vllm/out.py'));
    symlinkSync('..', path.join(at, 'vllm/sub/loop'));
    const tree = await openTree(at);
    expect(tree.list('vllm')).toEqual(['vllm/__init__.py', 'vllm/a.py', 'vllm/link.py', 'vllm/sub/b.py']);
    expect(tree.ignored).toEqual(['vllm/out.py']);

    const link = (name: string, linkname: string, type: 'symlink' | 'link' = 'symlink'): TarEntry => ({
      header: { name, size: 0, type, linkname },
    });
    const packed = await openTree(
      await tar('l.tar.gz', [
        link('v/vllm/early.py', 'a.py'),
        file('v/vllm/__init__.py', ''),
        file('v/vllm/a.py', 'a = 1\n'),
        link('v/vllm/hard.py', 'v/vllm/a.py', 'link'),
        link('v/vllm/out.py', '../../../etc/passwd'),
        link('v/vllm/self.py', 'self.py'),
      ]),
    );
    expect(packed.list('vllm')).toEqual(['vllm/__init__.py', 'vllm/a.py', 'vllm/early.py', 'vllm/hard.py']);
    expect(packed.read('vllm/early.py')).toBe('a = 1\n');
    expect(packed.ignored).toEqual(['v/vllm/out.py', 'v/vllm/self.py']);
    const linked = zip('l.whl', { 'vllm/__init__.py': '', 'vllm/l.py': '/etc/passwd' }, { 'vllm/l.py': 0o120777 });
    expect((await openTree(linked)).ignored).toEqual(['vllm/l.py']);
  });

  it('is whole, however wanted and unwanted files of any size alternate', async () => {
    const many = Array.from({ length: 600 }, (_, i) => file(`v/vllm/m${i}.${i % 2 ? 'py' : 'bin'}`, '#'.repeat(i * 7)));
    const tree = await openTree(await tar('whole.tar.gz', [file('v/vllm/__init__.py', ''), ...many]));
    expect(tree.list('vllm')).toHaveLength(301);
    expect(tree.read('vllm/m599.py')).toHaveLength(599 * 7);
  });

  it('is kept within bounds, whatever the archive claims', async () => {
    const bounds = { bytes: 10_000, entries: 100 };
    const bomb = await tar('bomb.tar.gz', [...release(), file('vllm-9.8.7/big.bin', Buffer.alloc(1_000_000))]);
    expect(await code(openTree(bomb, { bounds }))).toBe('tree-too-large');
    const many = await tar('many.tar.gz', [...release(), ...Array.from({ length: 200 }, (_, i) => file(`v/${i}`, ''))]);
    expect(await code(openTree(many, { bounds }))).toBe('tree-too-large');
    const big = { ...FILES, 'vllm/big.py': 'x'.repeat(20_000) };
    expect(await code(openTree(zip('big.whl', big), { bounds }))).toBe('tree-too-large');
    expect(await code(openTree(folder('vllm-big', big), { bounds }))).toBe('tree-too-large');
  });

  it('refuses what would lie outside, and writes nothing', async () => {
    const before = readdirSync(room).length;
    const made: string[] = [];
    for (const [i, name] of ['../evil.py', '/evil.py', 'v/vllm/../../../evil.py', String.raw`..\evil.py`].entries()) {
      made.push(
        await tar(`u${i}.tar.gz`, [...release(), file(name, 'x')]),
        zip(`u${i}.whl`, { ...FILES, [name]: 'x' }),
      );
    }
    for (const at of made) expect(await code(openTree(at)), at).toBe('unsafe-archive');
    expect(readdirSync(room).length).toBe(before + made.length);
  });

  it('says what is wrong with what is no tree', async () => {
    const cut = await tar('cut.tar.gz', [
      ...release(),
      file('v/noise', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251))),
    ]);
    truncateSync(cut, 400);
    expect(await code(openTree(cut))).toBe('bad-archive');
    writeFileSync(path.join(room, 'words.txt'), 'words');
    expect(await code(openTree(path.join(room, 'words.txt')))).toBe('not-a-tree');
    writeFileSync(path.join(room, 'half.whl'), 'PK\u0003\u0004 and then nothing');
    expect(await code(openTree(path.join(room, 'half.whl')))).toBe('bad-archive');
    expect(await code(openTree(room))).toBe('not-a-tree');
    expect(await code(openTree(path.join(room, 'absent')))).toBe('no-such-file');
    expect(await code(openTree(await tar('none.tar.gz', [file('other/__init__.py', '')])))).toBe('not-a-tree');
    const twice = [file('a/vllm/__init__.py', ''), file('b/vllm/__init__.py', '')];
    await expect(openTree(await tar('two.tar.gz', twice))).rejects.toThrow(/a\/vllm\/__init__.py, b\/vllm/);
  });

  it('may be one of transformers, below src as its source release has it', async () => {
    const start = '__version__ = "5.6.7"\n';
    const packed = await tar('t.tar.gz', [file('t-5/src/transformers/__init__.py', start), file('t-5/src/x.py', '')]);
    const both = folder('site', { 'vllm/__init__.py': '', 'transformers/__init__.py': start });
    const source = folder('t-source', { 'src/transformers/__init__.py': start });
    expect(await openTree(packed)).toMatchObject({ package: 'transformers', version: '5.6.7' });
    expect((await openTree(packed)).list('')).toEqual(['transformers/__init__.py']);
    expect(await openTree(source)).toMatchObject({ package: 'transformers', version: '5.6.7' });
    expect(await openTree(both)).toMatchObject({ package: 'vllm' });
    expect(await openTree(both, { packages: ['transformers'] })).toMatchObject({ package: 'transformers' });
  });

  it('names a Python file that is none', async () => {
    const zero = folder('zero', { 'vllm/__init__.py': '', 'vllm/z.py': Buffer.from('a\u0000b') });
    await expect(openTree(zero)).rejects.toThrow('vllm/z.py is no Python source');
    const latin = {
      'vllm/__init__.py': '',
      'vllm/l.py': Buffer.from('# -*- coding: latin-1 -*-\nx = "é"\n', 'latin1'),
    };
    expect((await openTree(folder('latin', latin))).read('vllm/l.py')).toContain('"é"');
    const bad = await openTree(folder('bad', { 'vllm/__init__.py': '', 'vllm/b.py': Buffer.from([0x78, 0xff]) }));
    expect(() => bad.read('vllm/b.py')).toThrow('vllm/b.py is no Python source');
  });
});
