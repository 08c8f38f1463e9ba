import { EtlError, FAILURE } from '../src/domain/failure.ts';
import type { Finding, StepLoad } from '../src/domain/preflight.ts';
import type { Warehouse } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection } from './waiting.ts';

/** What can be found out before a cluster is started. */
export function createPreflightActivities({ warehouses }: Pick<Deps, 'warehouses'>) {
  return {
    /** What would stop these loads; a warehouse that is away for a while stops none. */
    async checkLoads(loads: StepLoad[]): Promise<Finding[]> {
      return loadFindings(warehouses, loads);
    },
  };
}

/** What would stop loads, by the catalogs of their warehouses; one question to each. */
export async function loadFindings(
  warehouses: Readonly<Record<string, Warehouse>>,
  loads: readonly StepLoad[],
): Promise<Finding[]> {
  const names = [...new Set(loads.map(({ warehouse }) => warehouse))];
  const found = await Promise.all(
    names.map((name) => ofWarehouse(() => connection('warehouse', warehouses, name), here(loads, name))),
  );
  return found.flat();
}

const here = (loads: readonly StepLoad[], name: string) =>
  loads.filter(({ warehouse }) => warehouse === name);

async function ofWarehouse(warehouse: () => Warehouse, loads: readonly StepLoad[]): Promise<Finding[]> {
  try {
    const faults = await warehouse().check(loads.map(({ load }) => load));
    return loads.flatMap(({ step }, index) =>
      (faults[index] ?? []).map((fault): Finding => ({ step, level: 'error', ...fault })),
    );
  } catch (error) {
    return warehouseFindings(
      error,
      loads.map(({ step }) => step),
    );
  }
}

/** That these steps can't use their warehouse; throws what passes by itself. */
export function warehouseFindings(error: unknown, steps: readonly string[]): Finding[] {
  if (!(error instanceof EtlError) || FAILURE[error.type].retryable) throw error;
  const { type, message } = error;
  return steps.map((step): Finding => ({ step, level: 'error', code: 'warehouse', type, message }));
}
