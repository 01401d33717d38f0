/** The table of systems that is open: it outlives the page and, in this browser, the tab. */
import { createSignal } from 'solid-js';
import type { Questions } from '../../api/assess';
import { t } from '../../lib/i18n';
import { forget, remember, remembered } from '../../lib/storage';

export interface TableFile {
  name: string;
  text: string;
}

const KEY = 'portfolio';
/** The largest table, in bytes. */
const MAX_TABLE = 3 * 1024 * 1024;

const [table, setSignal] = createSignal<TableFile | undefined>(kept());
const [keeps, setKeeps] = createSignal(true);
export { keeps as keepsTable, table };

export function setTable(next: TableFile | undefined): void {
  setSignal(next);
  if (next) setKeeps(remember(KEY, JSON.stringify(next)));
  else forget(KEY);
}

/** What Korean Windows calls ANSI is CP949: Excel writes it still. */
export async function readTable(file: File): Promise<TableFile> {
  if (file.size > MAX_TABLE) throw new Error(t().portfolio.tooLarge);
  const bytes = await file.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder('euc-kr').decode(bytes);
  }
  return { name: file.name, text };
}

/** A table with the names of its columns alone. */
export function template(questions: Questions): string {
  const checks = questions.goals.flatMap((goal) => goal.questions).map(({ number }) => `q${number}`);
  const before = questions.before.map(({ key }) => key);
  const figures = questions.figures.map(({ key }) => key);
  return `\uFEFF${['system', 'name', 'public_service', ...before, ...checks, ...figures].join(',')}\r\n`;
}

function kept(): TableFile | undefined {
  try {
    const found = JSON.parse(remembered(KEY) ?? '') as TableFile;
    return typeof found.text === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}
