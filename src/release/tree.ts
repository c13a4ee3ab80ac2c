/** A vLLM source tree as the reader sees it: texts by path, wherever they came from. */

/** The files of a release: paths are relative to the folder that holds the package `vllm`. */
export interface Tree {
  /** The text of a file, or undefined when there is none. */
  read(path: string): string | undefined;
  /** Paths of the files below a folder, in order. */
  list(folder: string): readonly string[];
}

type Found = { readonly text: string; readonly path: string; readonly isPackage: boolean };
const found = new WeakMap<Tree, Map<string, Found | undefined>>();

/** Finds a module's file: `a.b` is `a/b.py` or `a/b/__init__.py`. The same tree gives the same object again. */
export function moduleFile(tree: Tree, name: string): Found | undefined {
  let known = found.get(tree);
  if (!known) found.set(tree, (known = new Map()));
  const before = known.get(name);
  if (before !== undefined || known.has(name)) return before;
  const base = name.replaceAll('.', '/');
  let file: Found | undefined;
  for (const [path, isPackage] of [
    [`${base}.py`, false],
    [`${base}/__init__.py`, true],
  ] as const) {
    const text = file ? undefined : tree.read(path);
    if (text !== undefined) file = { text, path, isPackage };
  }
  known.set(name, file);
  return file;
}
