import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ActivityWork, BoundObject } from '../types/type.ts';

export interface Staged {
  node: BoundObject;
  folder: string;
}

/** Local folders that stand for an activity's data nodes. */
export interface Staging {
  inputs: Staged[];
  outputs: Staged[];
  /** Brings what is in the folders of the outputs to S3. */
  deliver(): Promise<void>;
}

/**
 * Copies the inputs of an activity to this machine, and its outputs back when it has done its work.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-concepts-staging.html
 */
export async function stage({ object, services, folder }: ActivityWork): Promise<Staging> {
  const { s3 } = services;
  const place = async (node: BoundObject, name: string): Promise<Staged> => {
    if (node.type !== 'S3DataNode')
      throw new Error(`${node.id}: only an S3DataNode is staged, not a ${node.type}`);
    const at = path.join(folder, name);
    await mkdir(at, { recursive: true });
    return { node, folder: at };
  };
  const places = (key: string) =>
    Promise.all(object.objects(key).map((node, index) => place(node, `${key}${index + 1}`)));

  const inputs = await places('input');
  const outputs = await places('output');
  for (const { node, folder: to } of inputs) {
    const file = node.text('filePath');
    if (file !== undefined) await s3.download(file, path.join(to, path.posix.basename(file)));
    else await s3.downloadFolder(node.text('directoryPath') ?? '', to);
  }
  for (const { node } of outputs) {
    if (node.text('directoryPath') === undefined)
      throw new Error(`${node.id}: output is staged to a directoryPath only`);
  }
  return {
    inputs,
    outputs,
    async deliver() {
      for (const { node, folder: from } of outputs)
        await s3.uploadFolder(from, node.text('directoryPath') ?? '');
    },
  };
}
