import { loadFindings, warehouseFindings } from '../../../activities/preflight.ts';
import { connection } from '../../../activities/waiting.ts';
import { fillsRecord } from '../../domain/copy-options.ts';
import type { Definition, Json, StepDefinition, StepOf } from '../../domain/definition.ts';
import type { Interval } from '../../domain/interval.ts';
import { plannedFiles, plannedLoads, type Finding, type StepLoad } from '../../domain/preflight.ts';
import type { Scope } from '../../domain/run.ts';
import type { ObjectStore, Warehouse, WarehouseLook } from '../../ports.ts';
import { earlierFiles, fileWarnings } from './files.ts';

export interface Around {
  warehouses: Readonly<Record<string, Warehouse>>;
  store: ObjectStore;
  /** The one that a run would be for, and the one before. */
  intervals: readonly Interval[];
  params: Record<string, Json>;
}

/** What would stop a run's loads, and what would slow them down; the catalog and the files of earlier runs are asked. */
export async function loadsFindings(definition: Definition, around: Around): Promise<Finding[]> {
  const scopes = around.intervals.map((interval) => scopeOf(definition, interval, around.params));
  const [scope] = scopes;
  if (scope === undefined) return [];
  const loads = plannedLoads(definition, scope);
  const looks = await lookAtAll(definition, loads, around);
  const found: Finding[] = looks.flatMap(({ findings }) => findings);
  const sound = loads.filter(({ warehouse }) => looks.some(({ name, look }) => look && name === warehouse));
  const judged: StepLoad[] = [];
  for (const planned of sound) {
    const step = definition.steps.find(({ id }) => id === planned.step) as StepOf<'redshiftCopy'>;
    const places = scopes.map((each) => plannedFiles(step.args.from, definition, each));
    const { iamRole, options = {} } = step.args;
    const [place] = places;
    if (place !== undefined)
      found.push(
        ...(await readFindings(step.id, around, planned.warehouse, place.path, { iamRole, options })),
      );
    const earlier = await earlierFiles(around.store, places, fillsRecord(options));
    judged.push(earlier ? { ...planned, load: { ...planned.load, contents: earlier.contents } } : planned);
    if (earlier === undefined || place === undefined) continue;
    const slices = looks.find(({ name }) => name === planned.warehouse)?.look?.slices;
    const packed = ['gzip', 'lzop', 'zstd'].some((option) => options[option] === true);
    found.push(...fileWarnings(step.id, earlier, { format: place.format, packed, slices }));
  }
  return [...found, ...(await loadFindings(around.warehouses, judged))];
}

/** A run that has not begun: no step has a result. */
function scopeOf(
  { name, steps, finally: always = [], onSuccess = [], onFailure }: Definition,
  interval: Interval,
  params: Record<string, Json>,
): Scope {
  const all = [...steps, ...always, ...onSuccess, ...onFailure];
  return {
    interval,
    params,
    trigger: { kind: 'run' },
    run: {
      id: `${name}/${interval.id}`,
      runId: 'preflight',
      pipeline: name,
      startedAt: new Date().toISOString(),
    },
    steps: Object.fromEntries(all.map(({ id }) => [id, { state: 'waiting' as const }])),
  };
}

interface Looked {
  name: string;
  look: WarehouseLook | undefined;
  findings: Finding[];
}

/** Each warehouse that any step needs is asked whether it is there, and what this user may do. */
function lookAtAll({ steps }: Definition, loads: StepLoad[], { warehouses }: Around): Promise<Looked[]> {
  const uses = steps.flatMap((step) =>
    'warehouse' in step.args ? [{ step, name: step.args.warehouse }] : [],
  );
  const names = [...new Set(uses.map(({ name }) => name))];
  return Promise.all(
    names.map(async (name): Promise<Looked> => {
      const users = uses.filter((use) => use.name === name).map(({ step }) => step);
      const tables = loads.filter(({ warehouse }) => warehouse === name).map(({ load }) => load.table);
      try {
        const look = await connection('warehouse', warehouses, name).look([...new Set(tables)]);
        return { name, look, findings: look.missingPrivileges.map(unprivileged(users)) };
      } catch (error) {
        const findings = warehouseFindings(
          error,
          users.map(({ id }) => id),
        );
        return { name, look: undefined, findings };
      }
    }),
  );
}

const unprivileged =
  ([first]: StepDefinition[]) =>
  (privilege: string): Finding => ({
    step: first?.id ?? null,
    level: 'warning',
    code: 'privileges',
    type: 'Rejected',
    message: `the user may not ${privilege}, which publishing needs; grant it`,
  });

/** Whether COPY may read where the files will be: by a COPY of nothing. */
async function readFindings(
  step: string,
  { warehouses }: Around,
  warehouse: string,
  path: string,
  { iamRole, options }: { iamRole: string | undefined; options: Readonly<Record<string, Json>> },
): Promise<Finding[]> {
  if (iamRole?.includes('${') || !path.startsWith('s3://')) return [];
  const { region } = options;
  const fault = await connection('warehouse', warehouses, warehouse).readFault({
    path,
    ...(iamRole !== undefined && { iamRole }),
    ...(typeof region === 'string' && { region }),
  });
  if (fault === undefined) return [];
  const { code, isDoubtful, message } = fault;
  return [
    {
      step,
      level: isDoubtful ? 'warning' : 'error',
      code,
      type: 'PublishFailed',
      message: `COPY can't read ${path}: ${message}`,
    },
  ];
}
