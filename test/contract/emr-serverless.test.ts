import { describeEngine } from './engine.ts';
import { makeEmrServerlessWorld } from './emr-serverless-world.ts';

describeEngine('emr-serverless', makeEmrServerlessWorld, { http: true });
