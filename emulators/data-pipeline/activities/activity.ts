import type { ObjectType, Role } from '../types/type.ts';

/** What all kinds of activity have in common. */
export const activity = (
  own: Partial<Omit<ObjectType, 'role'>> & Required<Pick<ObjectType, 'run'>> & { data?: boolean },
): ObjectType => {
  const { data = false, refs = {}, required = [], oneOf = [], optional = [], ...more } = own;
  const dataRefs: Record<string, Role> = data ? { input: 'data', output: 'data' } : {};
  return {
    ...more,
    role: 'activity',
    required,
    oneOf: [...oneOf, ['runsOn', 'workerGroup']],
    optional: [...optional, ...Object.keys(dataRefs)],
    refs: { ...dataRefs, ...refs },
  };
};
