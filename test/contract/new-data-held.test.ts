import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { EtlError } from '../../src/domain/failure.ts';
import type { Delivery } from '../../src/triggers/event-router.ts';
import { day, records, withQueue } from './queue-world.ts';

const world = withQueue();

describe('a consumer that Temporal does not take all from', () => {
  test('keeps messages to itself while Temporal is away, and deletes them only when it has them', async () => {
    for (let nth = 0; nth < 12; nth += 1) await world.send(records(`flights/dt=${day(5)}/f${nth}`));
    let isAway = true;
    const sendWhenBack = async (delivery: Delivery) => {
      if (isAway) throw new EtlError('Unavailable', 'Temporal is away');
      world.delivered.push(delivery);
    };
    const consumer = world.consume({ send: sendWhenBack, visibilitySeconds: 5 });
    const other = world.consume({ send: sendWhenBack, visibilitySeconds: 5 });
    await world.until(() => consumer.counts.received + other.counts.received === 12);
    // Longer than a message stays hidden by itself.
    await sleep(7_000);
    expect(consumer.counts.received + other.counts.received).toBe(12);
    expect([await world.left(world.url), await world.left(world.dead)]).toEqual([12, 0]);
    isAway = false;
    await world.until(() => consumer.counts.accepted + other.counts.accepted === 12);
    expect(world.paths()).toHaveLength(12);
    expect(await world.left(world.url)).toBe(0);
    expect(world.said.filter((text) => text.includes('Temporal is away; keeps'))).not.toEqual([]);
  });

  test('receives no more than it can hold', async () => {
    for (let nth = 0; nth < 60; nth += 1) await world.send(records(`flights/dt=${day(5)}/f${nth}`));
    let isHeld = true;
    const consumer = world.consume({
      mostHeld: 20,
      send: async (delivery) => {
        while (isHeld) await sleep(20);
        world.delivered.push(delivery);
      },
    });
    await world.until(() => consumer.counts.received >= 20);
    await sleep(500);
    // Requests that were under way bring a few more.
    expect(consumer.counts.received).toBeLessThan(60);
    isHeld = false;
    await world.until(() => consumer.counts.accepted === 60);
  });

  test('gives back what it holds when it is stopped', async () => {
    await world.send(records(`flights/dt=${day(5)}/a`));
    const consumer = world.consume({
      visibilitySeconds: 600,
      send: async () => {
        throw new EtlError('Unavailable', 'Temporal is away');
      },
    });
    await world.until(() => consumer.counts.received === 1);
    await world.stopConsumers();
    world.consume({ visibilitySeconds: 600 });
    await world.until(() => world.delivered.length === 1);
  });

  test('leaves what Temporal refuses, and several share a queue', async () => {
    for (let nth = 1; nth <= 30; nth += 1) await world.send(records(`flights/dt=${day(nth)}/a`));
    const sendUnlessBad = async (delivery: Delivery) => {
      if (delivery.interval === day(13)) throw new EtlError('Rejected', 'no');
      world.delivered.push(delivery);
    };
    const consumers = [1, 2, 3].map(() => world.consume({ send: sendUnlessBad }));
    await world.until(async () => (await world.left(world.dead)) === 1);
    expect(new Set(world.paths()).size).toBe(29);
    expect(consumers.reduce((sum, { counts }) => sum + counts.accepted, 0)).toBe(29);
  });
});
