import type { ObjectType } from './type.ts';

/**
 * A computer to run on. Here everything runs on this one, so its fields are taken and not used.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-ec2resource.html
 */
export const ec2Resource: ObjectType = {
  role: 'resource',
  required: [],
  oneOf: [],
  optional: [
    'instanceType',
    'imageId',
    'keyPair',
    'region',
    'securityGroupIds',
    'subnetId',
    'terminateAfter',
  ],
  refs: {},
};
