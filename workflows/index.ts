/** The workflow types that the worker registers, by the names of these exports. */
export { pipeline } from './pipeline.ts';
export { activation } from './activation.ts';
export { backfill } from './backfill.ts';
export { rendezvous } from './rendezvous.ts';
export { newData } from './new-data.ts';
