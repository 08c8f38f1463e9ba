import { withDatabase } from '../database/database.ts';
import { activity } from './activity.ts';

/**
 * Runs a script on a database, for real. All its statements are one transaction, and with `scriptArgument` it may
 * hold one statement, with a `?` for each argument.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-sqlactivity.html
 */
export const sqlActivity = activity({
  required: ['database'],
  oneOf: [['script', 'scriptUri']],
  optional: ['scriptArgument', 'queue'],
  refs: { database: 'database' },

  async run({ object, services, signal }) {
    const uri = object.text('scriptUri');
    const script = uri === undefined ? (object.text('script') ?? '') : await services.s3.text(uri);
    await withDatabase(object, services, (database) =>
      database.run(script, object.texts('scriptArgument'), signal),
    );
  },
});
