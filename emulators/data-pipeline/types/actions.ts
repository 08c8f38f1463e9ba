import type { ObjectType } from './type.ts';

/**
 * Publishes a message by SNS.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-snsalarm.html
 */
export const snsAlarm: ObjectType = {
  role: 'action',
  required: ['message', 'role', 'subject', 'topicArn'],
  oneOf: [],
  optional: [],
  refs: {},
  act: ({ object, services }) =>
    services.publish({
      TopicArn: object.text('topicArn') ?? '',
      Subject: object.text('subject') ?? '',
      Message: object.text('message') ?? '',
    }),
};

/**
 * Cancels what refers to it, as `onLateAction` does with what is late.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-terminate.html
 */
export const terminate: ObjectType = {
  role: 'action',
  required: [],
  oneOf: [],
  optional: [],
  refs: {},
  act: async (work) => work.terminate(),
};
