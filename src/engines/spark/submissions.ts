import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EtlError, isRefusal } from '../../domain/failure.ts';
import { hasEnded } from '../../domain/state.ts';
import type { Staging } from '../staging.ts';
import { DriverLog } from './driver-log.ts';
import { statusOf, type Driver, type Master, type MasterState } from './master.ts';

/** How often somebody who waits for another's submission looks for its outcome. */
const LOOK_MS = 100;
const DRIVERS = '_drivers';

const submitted = z.object({ id: z.string() });
const named = z.object({ key: z.string() });
const claim = z.object({ atMs: z.number(), active: z.array(z.string()), completed: z.array(z.string()) });

export interface SubmissionsOptions {
  name: string;
  master: Master;
  staging: Staging;
  requestTimeoutMs: number;
}

/**
 * Which driver belongs to which key. The master takes any submission and shows no names of drivers, so before anything is
 * sent the key is claimed by a file that only one can make, which lists the drivers that were there. Whoever finds a claim
 * without an outcome looks at the drivers that came since: their workers know what they were started as.
 */
export class Submissions {
  readonly #options: SubmissionsOptions;
  readonly #keys = new Map<Driver['id'], string>();

  constructor(options: SubmissionsOptions) {
    this.#options = options;
  }

  /** The ID of the key's driver; undefined where it was never submitted. `JobLost` where nobody can say. */
  async find(key: string): Promise<string | undefined> {
    const claims = await this.#claims(key);
    const latest = claims.at(-1);
    if (latest === undefined) return undefined;
    const known = await this.#outcome(key, latest);
    if (known !== undefined) return known;
    const { staging, master } = this.#options;
    const { active, completed } = (await staging.read(key, latest, claim)) ?? { active: [], completed: [] };
    const now = await master.state();
    const before = new Set([...active, ...completed]);
    const undecided = [];
    for (const driver of driversOf(now)) {
      if (before.has(driver.id)) continue;
      const name = await this.keyOf(driver, now);
      if (name === key) return this.#note(key, driver.id);
      if (name === undefined) undecided.push(driver);
    }
    this.#refuseToGuess(key, undecided, now);
    // What ended first is forgotten first: if one of them is still known, then so is all that ended later.
    const kept = new Set(now.completeddrivers.map(({ id }) => id));
    if (completed.length > 0 && !completed.some((id) => kept.has(id)))
      throw this.#lost(
        `the answer to the submission of ${key} was lost, and the master has forgotten what ran then`,
      );
    return undefined;
  }

  /**
   * Submits by `send` unless the key is taken; two at once, in whatever process, send once.
   * @returns the driver's ID, and whether it was there
   */
  async submit(
    key: string,
    send: (now: MasterState) => Promise<string>,
  ): Promise<{ id: string; found: boolean }> {
    const { master, staging } = this.#options;
    for (;;) {
      const found = await this.find(key);
      if (found !== undefined) return { id: found, found: true };
      const now = await master.state();
      const mine = `claim-${String((await this.#claims(key)).length + 1).padStart(4, '0')}`;
      const value = {
        atMs: Date.now(),
        active: now.activedrivers.map(({ id }) => id),
        completed: now.completeddrivers.map(({ id }) => id),
      };
      if (!(await staging.claim(key, mine, value))) continue;
      const id = await send(now).catch(async (error: unknown) => {
        if (isRefusal(error)) await staging.forget(key, mine);
        throw error;
      });
      // Somebody held this one for dead and claimed the key again.
      if ((await this.#claims(key)).at(-1) !== mine) await master.kill(id);
      else return { id: await this.#note(key, id), found: false };
    }
  }

  /** The key that a driver was submitted under, or another name; undefined while it can't be told. */
  async keyOf(driver: Driver, now: MasterState): Promise<string | undefined> {
    const { staging, requestTimeoutMs } = this.#options;
    const known = this.#keys.get(driver.id);
    if (known !== undefined) return known;
    const noted = (await staging.read(DRIVERS, driver.id, named))?.key;
    const log = DriverLog.of(driver, now, requestTimeoutMs);
    const key = noted ?? (await log?.appName().catch(() => undefined));
    if (key !== undefined) this.#keys.set(driver.id, key);
    return key;
  }

  readonly #claims = (key: string): Promise<string[]> => this.#options.staging.names(key, 'claim-');

  /** What became of a claim: waits for whoever may still be at it. */
  async #outcome(key: string, latest: string): Promise<string | undefined> {
    const { staging, requestTimeoutMs } = this.#options;
    for (;;) {
      const known = await staging.read(key, 'submitted', submitted);
      if (known) return known.id;
      const made = await staging.read(key, latest, claim);
      const isOver = made === undefined || Date.now() > made.atMs + requestTimeoutMs;
      if (isOver) return undefined;
      await sleep(LOOK_MS);
    }
  }

  async #note(key: string, id: string): Promise<string> {
    const { staging } = this.#options;
    await staging.note(DRIVERS, id, { key });
    await staging.note(key, 'submitted', { id });
    return id;
  }

  #refuseToGuess(key: string, undecided: Driver[], now: MasterState): void {
    const ids = undecided.map(({ id }) => id).join(', ');
    const words = `the answer to the submission of ${key} was lost, and it may be one of ${ids}`;
    // One that ended in a master's recovery has no worker either, and never will.
    if (undecided.some((driver) => driver.worker === 'None' && !hasEnded(statusOf(driver))))
      throw new EtlError('Unavailable', `engine ${this.#options.name}: ${words}, which wait for a worker`);
    if (undecided.length > 0) throw this.#lost(`${words}, whose logs can't be read`);
    const app = now.activeapps.find(({ name }) => name === key);
    if (app)
      throw this.#lost(`application ${app.id} has the name ${key}, and the master knows no driver of it`);
  }

  readonly #lost = (words: string): EtlError =>
    new EtlError('JobLost', `engine ${this.#options.name}: ${words}; look at the master's page`);
}

export const driversOf = ({ activedrivers, completeddrivers }: MasterState): Driver[] => [
  ...activedrivers,
  ...completeddrivers,
];
