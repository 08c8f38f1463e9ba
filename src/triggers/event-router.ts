import type { ArrivedFile } from '../domain/arrived-file.ts';
import type { Definition } from '../domain/definition.ts';
import { capturedInterval } from '../domain/event-interval.ts';
import { SourceMatcher } from '../domain/event-source.ts';
import { newDataId } from '../domain/new-data.ts';
import type { Notice, Notification } from './notification.ts';

/** What has to be known of a pipeline to send it its new data. */
export type Route = Pick<Definition, 'name' | 'covers' | 'timezone' | 'schedule' | 'events'>;

/** New data of one interval, for one workflow. */
export interface Delivery {
  workflowId: string;
  pipeline: string;
  interval: string;
  files: ArrivedFile[];
}

export const routesOf = (definitions: readonly Definition[]): Route[] =>
  definitions.flatMap(({ name, covers, timezone, schedule, events }) =>
    events === undefined ? [] : { name, covers, timezone, ...(schedule && { schedule }), events },
  );

/** So many intervals are remembered by the captures that name them. */
const MOST_REMEMBERED = 10_000;

interface Way {
  route: Route;
  matcher: SourceMatcher;
  intervals: Map<string, string | undefined>;
}

/** Derives pipeline and interval from keys. */
export class EventRouter {
  readonly #ways: Way[];

  constructor(routes: readonly Route[]) {
    this.#ways = routes.flatMap((route) =>
      (route.events ?? []).map((source) => ({
        route,
        matcher: new SourceMatcher(source, route.covers),
        intervals: new Map<string, string | undefined>(),
      })),
    );
  }

  /** Where a file belongs; an empty list for one that is to be left out, undefined for one that nobody asked for. */
  route(notice: Notice): Delivery[] | undefined {
    let isKnown = false;
    const deliveries = this.#ways.flatMap((way): Delivery[] => {
      const sighting = way.matcher.sight(notice.bucket, notice.key);
      const interval = sighting && intervalOf(way, sighting.captured);
      if (!sighting || interval === undefined) return [];
      isKnown = true;
      if (sighting.kind === 'hidden') return [];
      const { bucket, key, ...rest } = notice;
      const { name: pipeline } = way.route;
      const files = [{ path: `s3://${bucket}/${key}`, ...rest }];
      return [{ workflowId: newDataId(pipeline, interval), pipeline, interval, files }];
    });
    return isKnown ? deliveries : undefined;
  }
}

/** Where a message goes, and why it is left to its queue, if it is. */
export interface Routed {
  deliveries: Delivery[];
  left?: Exclude<Notification['kind'], 'data'> | 'unmatched';
  /** The first file that nobody asked for. */
  unmatched?: Notice;
}

/** Sorts a message; one about several files may be delivered in part, and left for the others. */
export function routed({ kind, notices }: Notification, router: EventRouter): Routed {
  const found = notices.map((notice) => router.route(notice));
  const deliveries = found.flatMap((each) => each ?? []);
  if (kind !== 'data') return { deliveries, left: kind };
  const unmatched = notices[found.indexOf(undefined)];
  return unmatched ? { deliveries, left: 'unmatched', unmatched } : { deliveries };
}

function intervalOf(
  { route, intervals }: Way,
  captured: Parameters<typeof capturedInterval>[0],
): string | undefined {
  const key = JSON.stringify(captured);
  if (intervals.has(key)) return intervals.get(key);
  if (intervals.size >= MOST_REMEMBERED) intervals.clear();
  const interval = capturedInterval(captured, route)?.id;
  intervals.set(key, interval);
  return interval;
}

/** Puts what goes to one workflow together, so that it gets one signal. */
export function gathered(deliveries: readonly Delivery[]): Delivery[] {
  const byWorkflow = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    const before = byWorkflow.get(delivery.workflowId);
    if (before) before.files.push(...delivery.files);
    else byWorkflow.set(delivery.workflowId, { ...delivery, files: [...delivery.files] });
  }
  return [...byWorkflow.values()];
}

/** A router that is made anew of the pipeline files when it is older than that. */
export function freshRouter(load: () => Promise<Route[]>, maxAgeMs: number): () => Promise<EventRouter> {
  let made: { router: Promise<EventRouter>; atMs: number } | undefined;
  return async () => {
    if (!made || Date.now() - made.atMs > maxAgeMs) {
      const router = load().then((routes) => new EventRouter(routes));
      const before = made;
      made = { router, atMs: Date.now() };
      // Files that can't be read for a moment leave the routes as they were.
      return router.catch((error: unknown) => {
        made = before && { ...before, atMs: Date.now() };
        if (!before) throw error;
        return before.router;
      });
    }
    return made.router;
  };
}
