import { call } from '../../client/connect.ts';
import { MvmError } from '../../contract/errors.ts';
import { hostEnd } from '../../contract/ports.ts';
import type { Machine, PublishedPort } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { printJson } from '../output.ts';

export const port = defineCommand({
  name: 'port',
  summary: "Show where a machine's ports are published",
  words: 'MACHINE [PORT[/udp]]',
  count: { least: 1, most: 2 },
  machines: ['running', 'paused'],
  options: { json: jsonOption },
  examples: ['port web', 'port web 80'],
  async handle(context, values, [reference = '', wanted]) {
    const machine = await call(context.service, 'machine', { machine: reference });
    const open = openPorts(machine);
    const shown = wanted === undefined ? open : open.filter(fits(wanted));
    if (wanted !== undefined && shown.length === 0) throw notPublished(machine, wanted);
    if (values.json) printJson(context.stdout, shown);
    else for (const each of shown) context.stdout.write(`${line(each, wanted === undefined)}\n`);
    return 0;
  },
});

/** What does not run listens nowhere. */
const openPorts = ({ state, ports }: Machine): PublishedPort[] =>
  state.name === 'running' || state.name === 'paused' || state.name === 'stopping' ? ports : [];

function fits(wanted: string): (port: PublishedPort) => boolean {
  const found = /^(\d{1,5})(?:\/(tcp|udp))?$/i.exec(wanted);
  if (!found) throw new MvmError('usage', `'${wanted}' is no port`, { hint: 'For example 80 or 53/udp.' });
  const [, number, protocol = 'tcp'] = found;
  return (port) => port.guestPort === Number(number) && port.protocol === protocol.toLowerCase();
}

const line = (port: PublishedPort, all: boolean): string =>
  all ? `${port.guestPort}/${port.protocol} -> ${hostEnd(port)}` : hostEnd(port);

const notPublished = ({ name, state }: Machine, wanted: string): MvmError =>
  new MvmError('port.not-published', `machine ${name} does not publish port ${wanted}`, {
    hint: state.name === 'running' ? `'mvm port ${name}' shows what it publishes.` : `It is ${state.name}.`,
  });
