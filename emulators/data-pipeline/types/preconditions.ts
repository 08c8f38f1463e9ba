import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runShell } from '../activities/process.ts';
import { commandOf } from '../activities/shell-command-activity.ts';
import { dataExists } from './data-nodes.ts';
import type { ObjectType } from './type.ts';

const precondition = (
  isMet: NonNullable<ObjectType['isMet']>,
  fields: Partial<Pick<ObjectType, 'required' | 'oneOf' | 'optional'>> = {},
): ObjectType => {
  const { required = [], oneOf = [], optional = [] } = fields;
  return {
    role: 'precondition',
    required,
    oneOf,
    optional: [...optional, 'preconditionTimeout'],
    refs: {},
    isMet,
  };
};

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-S3KeyExists.html */
export const s3KeyExists = precondition(
  ({ object, services }) => services.s3.exists(object.text('s3Key') ?? ''),
  { required: ['role', 's3Key'] },
);

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-s3prefixnotempty.html */
export const s3PrefixNotEmpty = precondition(
  async ({ object, services }) => (await services.s3.list(object.text('s3Prefix') ?? '', 1)).length > 0,
  { required: ['role', 's3Prefix'] },
);

/**
 * Whether the data node that has it is there.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-exists.html
 */
export const exists = precondition(dataExists);

/**
 * Met when its command ends with exit code 0.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-shellcommandprecondition.html
 */
export const shellCommandPrecondition = precondition(
  async (work) => {
    const { object, signal } = work;
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-data-pipeline-'));
    try {
      await runShell(await commandOf({ ...work, folder }), object.texts('scriptArgument'), { signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error && error.message.startsWith('the command ')) return false;
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    }
  },
  { oneOf: [['command', 'scriptUri']], optional: ['scriptArgument'] },
);
