/** The service: the only place that knows who provides what. */

import { toBody } from '../contract/errors.ts';
import { homeFolder } from '../paths.ts';
import { type Claim, claimHome } from './claim.ts';
import { startService } from './service.ts';

/** Exit code of a service that could not start; its last line on stderr is the error body. */
const FAILURE = 125;

try {
  const claim = claimHome(homeFolder(process.env));
  // Another service has this home: whoever started this one finds that one.
  if (claim) await serveUntilEnded(claim);
} catch (error) {
  process.stderr.write(`${JSON.stringify(toBody(error))}\n`);
  process.exit(FAILURE);
}

async function serveUntilEnded(claim: Claim): Promise<void> {
  const { ended, end, log } = await startService({ claim, env: process.env });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(signal));
  // The terminal it was started from is none of its business.
  process.on('SIGHUP', () => undefined);
  // One request's mistake must not take every other request with it.
  process.on('uncaughtException', (error) => log(`a mistake in mvm: ${error.stack}`));
  await ended;
  process.exit(0);
}
