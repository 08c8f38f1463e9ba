import { readFileSync } from 'node:fs';
import { TestWorkflowEnvironment } from '@temporalio/testing';

/** A development server of its own, out of what set-up has installed. */
export function startTemporal(): Promise<TestWorkflowEnvironment> {
  const tools = JSON.parse(readFileSync(new URL('../../.millrace/tools.json', import.meta.url), 'utf8'));
  const executable = { type: 'existing-path' as const, path: String(tools.temporal) };
  return TestWorkflowEnvironment.createLocal({ server: { executable } });
}
