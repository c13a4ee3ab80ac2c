import type { Reporter } from 'vitest/node';

/** A Vitest reporter that ends the run with `N passed, N failed` alone on the last line. */
export const tally = (): Reporter => ({
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      // A file or a hook that breaks has no failed test of its own, and must still count.
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        if (state === 'failed') failed += 1;
      }
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  },
});
