// The console's parts that need no browser: built as the console is, and run by node's own test runner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Builds these TypeScript files and runs `work` with the modules that came of them. */
export async function withBuilt(files, work) {
  const outDir = mkdtempSync(join(tmpdir(), 'naru-console-built-'));
  try {
    const input = Object.fromEntries(files.map((file) => [basename(file, '.ts'), file]));
    await build({
      configFile: false,
      root: join(here, '..'),
      logLevel: 'error',
      ssr: { noExternal: true },
      build: {
        ssr: true,
        outDir,
        emptyOutDir: true,
        rollupOptions: { input, output: { entryFileNames: '[name].mjs' } },
      },
    });
    return await work(Object.keys(input).map((name) => join(outDir, `${name}.mjs`)));
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** Resolves to whether all of them passed. */
export async function runUnitTests() {
  const folder = join(here, 'unit');
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  return withBuilt(
    files.map((name) => join(folder, name)),
    async (built) => {
      const child = spawn(process.execPath, ['--test', '--test-reporter=spec', ...built], { stdio: 'inherit' });
      const [code] = await once(child, 'exit');
      return code === 0;
    },
  );
}
