import type { ObjectType } from './type.ts';

/** A computer or a cluster to run on. Here everything runs on this machine, so its fields are taken and not used. */
const resource = (...optional: string[]): ObjectType => ({
  role: 'resource',
  required: [],
  oneOf: [],
  optional: [...optional, 'keyPair', 'region', 'subnetId', 'terminateAfter', 'actionOnResourceFailure'],
  refs: {},
});

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-ec2resource.html */
export const ec2Resource = resource(
  'instanceType',
  'imageId',
  'securityGroupIds',
  'securityGroups',
  'logUri',
);

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-emrcluster.html */
export const emrCluster = resource(
  ...['releaseLabel', 'amiVersion', 'hadoopVersion', 'applications', 'bootstrapAction', 'emrLogUri'],
  ...['masterInstanceType', 'coreInstanceType', 'coreInstanceCount', 'taskInstanceType', 'taskInstanceCount'],
);
