/** A vLLM source tree as the reader sees it: texts by path, wherever they came from. */

/** The files of a release: paths are relative to the folder that holds the package `vllm`. */
export interface Tree {
  /** The text of a file, or undefined when there is none. */
  read(path: string): string | undefined;
  /** Paths of the files below a folder, in order. */
  list(folder: string): readonly string[];
}

/** Finds a module's file: `a.b` is `a/b.py` or `a/b/__init__.py`. */
export function moduleFile(
  tree: Tree,
  name: string,
): { readonly text: string; readonly path: string; readonly isPackage: boolean } | undefined {
  const base = name.replaceAll('.', '/');
  for (const [path, isPackage] of [
    [`${base}.py`, false],
    [`${base}/__init__.py`, true],
  ] as const) {
    const text = tree.read(path);
    if (text !== undefined) return { text, path, isPackage };
  }
  return undefined;
}
