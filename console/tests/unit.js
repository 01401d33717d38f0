// The console's parts that need no browser: built as the console is, and run by node's own test runner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const folder = fileURLToPath(new URL('./unit/', import.meta.url));

/** Resolves to whether all of them passed. */
export async function runUnitTests() {
  const outDir = mkdtempSync(join(tmpdir(), 'naru-console-unit-'));
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
    const input = Object.fromEntries(files.map((name) => [basename(name, '.ts'), join(folder, name)]));
    await build({
      configFile: false,
      root: join(folder, '../..'),
      logLevel: 'error',
      ssr: { noExternal: true },
      build: {
        ssr: true,
        outDir,
        emptyOutDir: true,
        rollupOptions: { input, output: { entryFileNames: '[name].mjs' } },
      },
    });
    const built = Object.keys(input).map((name) => join(outDir, `${name}.mjs`));
    const child = spawn(process.execPath, ['--test', '--test-reporter=spec', ...built], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    return code === 0;
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}
