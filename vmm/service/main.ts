/** The service: the only place that knows who provides what. */
import { toBody } from '../machine/failures.ts';
import { homeFolder } from '../paths.ts';
import { claimHome } from './claim.ts';
import { startService } from './service.ts';

/** Exit code of a service that could not start; its last line on stderr is the error body. */
const FAILURE = 125;

try {
  const claim = claimHome(homeFolder(process.env));
  // Another service has this home: whoever started this one finds that one.
  if (claim) await startService({ claim, env: process.env });
} catch (error) {
  process.stderr.write(`${JSON.stringify(toBody(error))}\n`);
  process.exit(FAILURE);
}
