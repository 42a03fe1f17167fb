import type { VersionInfo } from '../../contract/types.ts';
import { VERSION } from '../../contract/version.ts';
import { type Context, defineCommand, jsonOption } from '../command.ts';
import { formatOption } from '../format-option.ts';
import { printJson } from '../output.ts';

export const version = defineCommand({
  name: 'version',
  summary: 'Print the version',
  words: '',
  count: { least: 0, most: 0 },
  options: { format: { ...formatOption, short: 'f' }, json: jsonOption },
  notes: [
    "TEMPLATE is a Go template as docker's, with .Client.Version, .Client.Runtime, .Client.Os and .Client.Arch, and the service's .Server.Version, .Server.Runtime, .Server.Pid and .Server.Home.",
  ],
  examples: ['version --json', "version --format '{{.Client.Version}}'"],
  async handle(context, { format, json }) {
    const found = { version: VERSION, runtime: process.version, platform: `${process.platform}/${process.arch}` };
    if (json) printJson(context.stdout, found);
    else if (format) await printFormatted(context, format);
    else context.stdout.write(`mvm ${found.version} (Node ${found.runtime}, ${found.platform})\n`);
    return 0;
  },
});

async function printFormatted({ service, stdout }: Context, format: string): Promise<void> {
  const { compile } = await import('../template/evaluate.ts');
  const { fields } = await import('../template/values.ts');
  const asks = format === 'json' || format.includes('.Server');
  const server = asks ? await askServer(service) : null;
  const say = compile(format === 'json' ? '{{json .}}' : format);
  stdout.write(`${say(fields({ Client: fields(client()), Server: server && fields(serverView(server)) }))}\n`);
}

/** Loaded when the template names the service: connecting would be a third of this command's time. */
async function askServer(service: Context['service']): Promise<VersionInfo> {
  const { call } = await import('../../client/connect.ts');
  return call(service, 'version', {});
}

const client = () => ({ Version: VERSION, Runtime: process.version, Os: process.platform, Arch: process.arch });

const serverView = ({ version, runtime, pid, home }: VersionInfo) => ({
  Version: version,
  Runtime: runtime,
  Pid: pid,
  Home: home,
});
