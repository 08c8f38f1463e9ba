import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const root = new URL('../', import.meta.url);

/** The workflows as they ship, where the build is of these sources; else bundled anew, which takes seconds in each file. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const { buildIsCurrent } = (await import(new URL('scripts/build.mjs', root).href)) as {
    buildIsCurrent(root: string): boolean;
  };
  if (buildIsCurrent(fileURLToPath(root)))
    return { codePath: fileURLToPath(new URL('dist/workflow-bundle.js', root)) };
  const workflowsPath = fileURLToPath(new URL('workflows/index.ts', root));
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}
